"""Rows of earlier 1.x formats as rows of this one: columns that came later are null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from askqa_builder.dataset.schema import FORMAT_VERSION, row_schema
from askqa_builder.errors import UsageError


def check_rewritable(manifest: Mapping[str, Any]) -> None:
    """Raise UsageError where a dataset is of a later format than ours: its rows hold what we would lose."""
    found = str(manifest["format_version"])
    try:
        later = tuple(map(int, found.split("."))) > tuple(map(int, FORMAT_VERSION.split(".")))
    except ValueError:
        later = True
    if later:
        raise UsageError(f"the dataset is of format {found}, this askqa writes {FORMAT_VERSION}; upgrade askqa-builder")


def upgraded(rows: pa.Table, sampling_rate: int) -> pa.Table:
    """Return rows of this or an earlier format with the columns of this one, audio untouched.

    Columns that were not read are null, as those that did not exist.
    """
    schema = row_schema(sampling_rate)
    columns = [
        rows.column(field.name).cast(field.type) if field.name in rows.column_names else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
