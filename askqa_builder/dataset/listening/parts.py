"""Stretches of a shard's recordings as clips of audio."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from askqa_builder.dataset.reading import row_groups
from askqa_builder.errors import AskqaError
from askqa_builder.recognition.recogniser import Clip
from askqa_builder.recording.timeline import Seconds, to_seconds
from askqa_builder.undecodable import what_is_wrong

_COLUMNS = ["id", "audio", "turns"]

Turns = Sequence[Mapping[str, Any]]
"""Of a row."""


@dataclass(frozen=True, eq=False)
class Part:
    """What is listened to at once. digest: of its samples and their rate; parts that sound the same have the same.

    where: its place, for messages. seconds: of the speech that it is heard for, without context.
    """

    where: str
    clip: Clip
    digest: bytes
    seconds: Seconds

    @classmethod
    def of(cls, where: str, samples: NDArray[np.float32], sample_rate: int, meant: int) -> Part:
        """Make a part of samples, which are not empty; meant: those without context."""
        digest = hashlib.sha256(sample_rate.to_bytes(4, "little") + samples.tobytes()).digest()
        return cls(where, Clip(samples, sample_rate), digest, to_seconds(meant, sample_rate))


@dataclass(frozen=True)
class Stretch:
    """From where to where to listen, in samples. turn: its place in the row. meant: samples of it without context."""

    turn: int
    start: int
    end: int
    meant: int


Cutting = Callable[[Turns, int], Iterable[Stretch]]
"""Says what of a row to listen to, by its turns and its sampling rate."""


def row_parts(file: Path, cutting: Cutting) -> Iterator[list[Part]]:
    """Decode a shard and yield the parts of each row, in order. In memory are one row group and one recording.

    Raises AskqaError where a recording cannot be decoded or is shorter than its turns.
    """
    for group in row_groups(file, _COLUMNS):
        for batch in group.to_batches(max_chunksize=1):
            yield list(_parts(batch.to_pylist()[0], cutting))


def _parts(row: dict[str, Any], cutting: Cutting) -> Iterator[Part]:
    samples, rate = _decode(row)
    for stretch in cutting(row["turns"], rate):
        part = samples[stretch.start : stretch.end]
        where = f"turn {stretch.turn} of {row['id']!r}"
        if not len(part):
            raise AskqaError(f"{where} lies outside its recording; build the dataset again")
        yield Part.of(where, part, rate, stretch.meant)


def _decode(row: dict[str, Any]) -> tuple[NDArray[np.float32], int]:
    try:
        samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise AskqaError(
            f"the recording of {row['id']!r} cannot be decoded ({what_is_wrong(error)}); build the dataset again"
        ) from error
    return samples, int(rate)
