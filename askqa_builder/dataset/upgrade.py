"""Rows of earlier 1.x formats as rows of this one: columns that came later are null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
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

    Columns that were not read are null, as those that did not exist; `affect`, which is not in them before format 1.2,
    is empty. Of fields that came later, structs are there and what is in them is null.
    """
    schema = row_schema(sampling_rate)
    columns = [
        _chunked(rows.column(field.name), field.type) if field.name in rows.column_names else _missing(field, len(rows))
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _missing(field: pa.Field, length: int) -> pa.Array:
    return _absent(field.type, length) if field.name == "affect" else pa.nulls(length, field.type)


def _chunked(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    return pa.chunked_array([_with_later_fields(chunk, kind) for chunk in column.chunks], kind)


def _with_later_fields(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return an array as one of a type that has more fields somewhere in it."""
    if array.type == kind:
        return array
    if pa.types.is_struct(kind) and pa.types.is_struct(array.type):
        old = dict(zip([field.name for field in array.type], array.flatten(), strict=True))
        fields = [
            _with_later_fields(old[field.name], field.type) if field.name in old else _absent(field.type, len(array))
            for field in kind
        ]
        return pa.StructArray.from_arrays(fields, fields=list(kind), mask=array.is_null())
    if pa.types.is_list(kind) and pa.types.is_list(array.type):
        values = _with_later_fields(array.flatten(), kind.value_type)
        lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        offsets = pa.array(np.concatenate(([0], np.cumsum(lengths))), pa.int32())
        return pa.ListArray.from_arrays(offsets, values, type=kind, mask=array.is_null())
    return array.cast(kind)


def _absent(kind: pa.DataType, length: int) -> pa.Array:
    """Return what is not known: structs of nulls, empty lists, nulls."""
    if pa.types.is_struct(kind):
        return pa.StructArray.from_arrays([_absent(field.type, length) for field in kind], fields=list(kind))
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(pa.array([0] * (length + 1), pa.int32()), pa.array([], kind.value_type))
    return pa.nulls(length, kind)
