"""Rows as recognisers of emotions might have labelled them, with labels that tests know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from askqa_builder.dataset.manifest import MANIFEST_NAME, write_manifest
from askqa_builder.dataset.schema import row_schema
from askqa_builder.dataset.shard import write_shard
from askqa_builder.styles.row_labels import turn_windows
from askqa_builder.styles.windows import Windowing

HAPPY = {"category": "happy", "valence": 0.8, "arousal": 0.6, "dominance": 0.5}
SAD = {"category": "sad", "valence": 0.2, "arousal": 0.3, "dominance": 0.4}
NOTHING = dict.fromkeys(HAPPY)


def annotate_by_hand(dataset: Path) -> None:
    """Put windows into the rows of a dataset, as if it had been annotated: see `windows_of`."""
    content = json.loads((dataset / MANIFEST_NAME).read_bytes())
    rate = content["sampling_rate"]
    for place, entry in enumerate(content["shards"]):
        rows = pq.read_table(dataset / entry["file"]).to_pylist()
        for row in rows:
            row["affect"] = windows_of(row, rate)
        record = write_shard(
            dataset,
            entry["file"],
            pa.Table.from_pylist(rows, schema=row_schema(rate)).to_batches(),
            config=entry["config"],
            split=entry["split"],
            sampling_rate=rate,
        )
        content["shards"][place] = record.to_json()
    write_manifest(dataset, content)


def windows_of(row: dict[str, Any], rate: int) -> list[dict[str, Any]]:
    """Return windows of all turns: story and user sound happy, each third window sad, each fourth is dropped.

    Of the assistant's turns nobody is sure.
    """
    told = []
    for number, turn in enumerate(row["turns"]):
        for place, window in enumerate(turn_windows(turn, rate, Windowing())):
            sure = turn["role"] != "assistant"
            affect = (SAD if place % 3 == 2 else HAPPY) if sure else NOTHING
            times = {"start": window.start / rate, "end": window.end / rate, "turn": number}
            told.append({**times, **affect, "kept": sure and place % 4 != 3, "votes": []})
    return told
