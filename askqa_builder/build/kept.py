"""Turns that keep their samples: cut from the recordings of a finished dataset."""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from askqa_builder.build.planned import KeptTurn
from askqa_builder.build.restored import OldRow
from askqa_builder.build.turn_style import told_measures, told_style
from askqa_builder.build.turns import HeardTurn, HeardWord
from askqa_builder.dataset.reading import reading_errors
from askqa_builder.errors import AskqaError
from askqa_builder.recording.turn_measures import measure_turn
from askqa_builder.speech.engine import Pcm
from askqa_builder.speech.syllables import count_syllables

_COLUMNS = ("id", "audio", "pcm_sha256", "turns", "words", "speakers")


def cut_turn(dataset: Path, turn: KeptTurn) -> HeardTurn:
    """Return a turn as it is heard in the dataset. Raises AskqaError where the recording is not what was written."""
    row, pcm = _recording(dataset, turn.row)
    start, end = turn.row.starts[turn.place], turn.row.ends[turn.place]
    told = row["turns"][turn.place]
    rate = turn.sample_rate
    words = (
        HeardWord(
            word["word"],
            round(word["start"] * rate) - start,
            round(word["end"] * rate) - start,
            word["char_start"],
            word["char_end"],
        )
        for word in row["words"]
        if word["turn"] == turn.place
    )
    heard = pcm[start:end]
    return HeardTurn(
        turn=turn.turn,
        spoken_text=told["spoken_text"],
        pcm=heard,
        words=tuple(words),
        loudness=None,
        seed=told["seed"],
        rate=told.get("rate"),
        pitch=told.get("pitch"),
        style=told_style(told),
        measured=told_measures(told) or measure_turn(heard, rate, count_syllables(told["spoken_text"])),
    )


def old_speakers(dataset: Path, place: OldRow) -> dict[str, dict[str, Any]]:
    """Return what a row says of its speakers, by role."""
    row, _ = _recording(dataset, place)
    return {speaker["role"]: speaker for speaker in row["speakers"]}


# rows of one conversation stand in two shards, and turn by turn one of them is asked for
@lru_cache(maxsize=2)
def _recording(dataset: Path, place: OldRow) -> tuple[dict[str, Any], Pcm]:
    row = _group(dataset / place.file, place.group).slice(place.place, 1).to_pylist()[0]
    with reading_errors(dataset):
        pcm: Pcm = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")[0]
    if hashlib.sha256(pcm.astype("<i2", copy=False).data).hexdigest() != row["pcm_sha256"]:
        raise AskqaError(f"{dataset}: row {row['id']!r} has other samples than were written; see askqa verify")
    return row, pcm


@lru_cache(maxsize=2)
def _group(file: Path, group: int) -> pa.Table:
    """Read a row group, tens of megabytes; a block's rows stand in one or two."""
    with reading_errors(file), pq.ParquetFile(file) as parquet:
        return parquet.read_row_group(group, columns=list(_COLUMNS))
