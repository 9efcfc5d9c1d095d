"""Datasets with other rows than a build would write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from harness import manifest

from askqa_builder.dataset.manifest import write_manifest
from askqa_builder.dataset.schema import TURN_SCORES, row_schema
from askqa_builder.dataset.shard import write_shard


def rewrite(dataset: Path, place: int, change: Callable[[dict[str, Any]], None], keep: int | None = None) -> None:
    """Change the rows of a shard, and keep the first of them, as if it had been built so."""
    content = manifest(dataset)
    entry = content["shards"][place]
    lines = pq.read_table(dataset / entry["file"]).to_pylist()[:keep]
    for line in lines:
        change(line)
    table = pa.Table.from_pylist(lines, schema=row_schema(16000))
    record = write_shard(
        dataset, entry["file"], table.to_batches(), config=entry["config"], split=entry["split"], sampling_rate=16000
    )
    content["shards"][place] = record.to_json()
    write_manifest(dataset, content)


def as_format_1_0(dataset: Path) -> None:
    """Take from a dataset's rows what came with later formats."""
    later = {
        "turns": (*TURN_SCORES, "style", "emotion", "measured"),
        "words": ("emotion", "valence", "arousal", "dominance"),
    }
    content = manifest(dataset)
    for entry in content["shards"]:
        table = pq.read_table(dataset / entry["file"])
        for column, names in later.items():
            place = table.schema.get_field_index(column)
            lists = [
                [{key: value for key, value in one.items() if key not in names} for one in row]
                for row in table.column(column).to_pylist()
            ]
            fields = [field for field in table.schema.field(column).type.value_type if field.name not in names]
            table = table.set_column(place, column, pa.array(lists, pa.list_(pa.struct(fields))))
        pq.write_table(table.drop_columns(["channel", "affect"]), dataset / entry["file"])
    write_manifest(dataset, {**content, "format_version": "1.0"})
