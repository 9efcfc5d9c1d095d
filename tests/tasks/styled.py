"""Datasets whose turns have styles, emotions and measurements as a test wants them; the sound stays as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from askqa_builder.dataset.manifest import MANIFEST_NAME, read_manifest, write_manifest
from askqa_builder.dataset.schema import row_schema
from askqa_builder.digests import sha256_of
from askqa_builder.seeds import Stream
from askqa_builder.tasks.drawing import pick

Row = dict[str, Any]
Turn = dict[str, Any]

STYLES: dict[str, dict[str, float]] = {
    "neutral": {"pitch": 0.0, "pitch_range": 1.0, "rate": 1.0, "loudness": 0.0, "pauses": 1.0},
    "lively": {"pitch": 1.5, "pitch_range": 1.5, "rate": 1.08, "loudness": 2.0, "pauses": 0.85},
    "subdued": {"pitch": -1.0, "pitch_range": 0.65, "rate": 0.9, "loudness": -3.0, "pauses": 1.3},
}
"""As shipped."""


def changed_rows(dataset: Path, out: Path, change: Callable[[Row], None]) -> Path:
    """Copy a dataset with its rows changed."""
    shutil.copytree(dataset, out)
    manifest = read_manifest(out)
    assert manifest is not None
    for entry in manifest["shards"]:
        file = out / entry["file"]
        rows = pq.read_table(file).to_pylist()
        for row in rows:
            change(row)
        pq.write_table(pa.Table.from_pylist(rows, schema=row_schema(manifest["sampling_rate"])), file)
        entry |= {"bytes": file.stat().st_size, "sha256": sha256_of(file)}
    (out / MANIFEST_NAME).unlink()
    write_manifest(out, manifest)
    return out


def style(row: Row) -> None:
    """Draw a style for each turn of the user, whatever its words; the same in all rows of a conversation."""
    for number, turn in enumerate(row["turns"]):
        key = (row["conversation_id"], row["rendition"], number)
        if turn["role"] == "user":
            give_style(turn, pick(Stream("style", *key), list(STYLES)))
        measure(turn, Stream("measured", *key))


def cast(row: Row) -> None:
    """Draw who is a man and who a woman, more often a man; a catalogue says so."""
    for speaker in row["speakers"]:
        drawn = Stream("gender", row["conversation_id"], row["rendition"], speaker["role"]).uniform()
        speaker |= {"gender": "female" if drawn < 0.3 else "male", "metadata_source": "catalogue"}


def style_and_cast(row: Row) -> None:
    style(row)
    cast(row)


def give_style(turn: Turn, name: str, **more: Any) -> None:
    turn["style"] = {"name": name, "draw": "independent", "text_label": None, "native": False, **STYLES[name], **more}


def intend(turn: Turn, category: str | None) -> None:
    """Let an engine have been asked for an emotion; None for the style that changes nothing."""
    give_style(turn, "neutral", native=category is not None)
    asked = {"category": category, "valence": 0.9, "arousal": 0.7, "dominance": 0.6}
    turn["emotion"] = {"intended": asked if category else None, "recognised": None, "congruent": None}


def recognise(row: Row, number: int, category: str, votes: list[str | None], *, kept: bool = True) -> None:
    """Let recognisers have labelled a turn in one window, which says `category`."""
    turn = row["turns"][number]
    none = {"valence": None, "arousal": None, "dominance": None}
    turn["emotion"] = {
        "intended": None,
        "recognised": {"category": category, **none, "agreement": 1.0},
        "congruent": None,
    }
    told = [{"recogniser": f"r{i}", "category": one, **none, "probability": 0.9} for i, one in enumerate(votes)]
    times = {"start": turn["start"], "end": turn["end"], "turn": number}
    row["affect"] = [*(row["affect"] or []), {**times, "category": category, **none, "kept": kept, "votes": told}]


def measure(turn: Turn, stream: Stream) -> None:
    """Give a turn measurements that follow its style, with some of its own."""
    of = STYLES[style_of(turn) or "neutral"]
    turn["measured"] = {
        "f0_mean": 120.0 * 2 ** ((of["pitch"] + stream.normal()) / 12),
        "f0_range": 6.0 * of["pitch_range"] + stream.normal(),
        "articulation_rate": 4.4 * of["rate"] * (1 + 0.1 * stream.normal()),
        "energy": -24.0 + of["loudness"] + stream.normal(),
    }


def style_of(turn: Turn) -> str | None:
    """The name of a turn's style."""
    name: str | None = (turn["style"] or {"name": None})["name"]
    return name


def said_in(example: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(example["facts"])
    return facts
