"""The rows of a dataset with their sound, in the order of its manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from askqa_builder.dataset.manifest import read_manifest


def whole_rows(dataset: Path) -> list[dict[str, Any]]:
    """Return the rows of all configurations."""
    manifest = read_manifest(dataset)
    assert manifest is not None
    return [row for shard in manifest["shards"] for row in pq.read_table(dataset / shard["file"]).to_pylist()]
