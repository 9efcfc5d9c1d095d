"""What the responses of a dataset's rows must sound like."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from askqa_builder.build.voicing.appending import Continued
from askqa_builder.build.voicing.line import Line, SpokenLine
from askqa_builder.build.voicing.row_voices import RowVoices
from askqa_builder.corpus.conversation import Role

Row = dict[str, Any]


def own_responses(dataset: Path) -> list[tuple[Row, SpokenLine, Continued]]:
    """Each row with its audio, its response as the row's voices say it, and the recording that goes on with it."""
    manifest = json.loads((dataset / "askqa.json").read_bytes())
    rows = [row for shard in manifest["shards"] for row in pq.read_table(dataset / shard["file"]).to_pylist()]
    with RowVoices(dataset, [Role.ASSISTANT]) as voices:
        spoken = voices.speak([Line.response(row) for row in rows])
        found = []
        for row, line in zip(rows, spoken, strict=True):
            assert isinstance(line, SpokenLine)
            found.append((row, line, voices.go_on(row, [line])))
    return found


def without_a_response(number: int) -> Callable[[Row], None]:
    """Return a change to rows that leaves every so many without a response that anybody could pronounce."""
    seen = 0

    def change(row: Row) -> None:
        nonlocal seen
        seen += 1
        if seen % number == 0:
            row["response"]["text"] = "..."

    return change
