"""The turns of a shard as clips of audio."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from askqa_builder.dataset.reading import row_groups
from askqa_builder.errors import AskqaError
from askqa_builder.recognition.recogniser import Clip
from askqa_builder.recording.timeline import to_samples

_COLUMNS = ["id", "audio", "turns"]


@dataclass(frozen=True, eq=False)
class TurnClip:
    """One turn as it is heard. digest: of its samples and their rate; turns that sound the same have the same."""

    row_id: str
    turn: int
    clip: Clip
    digest: bytes

    @property
    def where(self) -> str:
        """Its place, for messages."""
        return f"turn {self.turn} of {self.row_id!r}"


def turn_clips(file: Path) -> Iterator[list[TurnClip]]:
    """Decode a shard and yield the turns of each row, in order. In memory are one row group and one recording.

    Raises AskqaError where a recording cannot be decoded or is shorter than its turns.
    """
    for group in row_groups(file, _COLUMNS):
        for batch in group.to_batches(max_chunksize=1):
            yield list(_clips(batch.to_pylist()[0]))


def _clips(row: dict[str, Any]) -> Iterator[TurnClip]:
    samples, rate = _decode(row)
    for i, turn in enumerate(row["turns"]):
        part = samples[to_samples(turn["start"], rate) : to_samples(turn["end"], rate)]
        if not len(part):
            raise AskqaError(f"turn {i} of {row['id']!r} lies outside its recording; build the dataset again")
        digest = hashlib.sha256(rate.to_bytes(4, "little") + part.tobytes()).digest()
        yield TurnClip(row["id"], i, Clip(part, rate), digest)


def _decode(row: dict[str, Any]) -> tuple[NDArray[np.float32], int]:
    try:
        samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="float32")
    except soundfile.LibsndfileError as error:
        what = error.error_string.rstrip(". ")
        raise AskqaError(
            f"the recording of {row['id']!r} cannot be decoded ({what}); build the dataset again"
        ) from error
    return samples, int(rate)
