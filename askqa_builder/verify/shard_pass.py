"""One row group of a shard: each row against itself and its recording, and what is measured of its turns."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from askqa_builder.dataset.upgrade import upgraded
from askqa_builder.recording.encode import FORMATS
from askqa_builder.recording.timeline import to_samples
from askqa_builder.verify.findings import Fault, Finding
from askqa_builder.verify.measures import TurnMeasure, measure_turn
from askqa_builder.verify.register import RowFacts, SharedPrefix, prefix_keys
from askqa_builder.verify.sound import Heard, check_measures, check_sound, decode, sample_digests
from askqa_builder.verify.structure import Expected, check_structure, missing_values
from askqa_builder.voices.profiles import RECORDING

_STOPPING = frozenset({"times", "speakers", "length"})
"""Faults after which a row's recording cannot be cut into turns."""

_NOT_COMPARED = frozenset({"silent_turn", "value"})
"""Faults of a turn after which its pace and pitch are not held against others, nor others against them."""


@dataclass(frozen=True)
class RowGroup:
    """A unit of work.

    file: relative to the dataset. thorough: measure F0 over whole turns, and anew what turns say was measured.
    """

    dataset: Path
    file: str
    number: int
    expected: Expected
    thorough: bool


@dataclass
class GroupResult:
    """What one row group gave; rows: that were read, seconds: of their recordings."""

    findings: list[Finding] = field(default_factory=list)
    facts: list[RowFacts] = field(default_factory=list)
    rows: int = 0
    seconds: float = 0.0


def check_row_group(group: RowGroup) -> GroupResult:
    """Read and check the rows of a row group, one after the other."""
    result = GroupResult()
    try:
        for row in _rows(group):
            faults, facts = check_row(row, group)
            result.findings += [Finding(fault.check, group.file, row["id"], *fault[1:]) for fault in faults]
            result.rows += 1
            result.seconds += _seconds(row)
            if facts is not None:
                result.facts.append(facts)
    except (pa.ArrowException, OSError, ValueError) as error:  # also text that is no UTF-8
        found = f"row group {group.number}, after {result.rows} rows ({' '.join(str(error).split())})"
        result.findings.append(Finding("unreadable", group.file, None, None, found, "readable Parquet"))
    return result


def _seconds(row: Mapping[str, Any]) -> float:
    """Length of a row's recording as it says; 0 where it says none."""
    duration = row["duration"]
    return duration if duration is not None and math.isfinite(duration) else 0.0


def _rows(group: RowGroup) -> Iterator[dict[str, Any]]:
    """Yield the rows of a row group; what their format does not have is null."""
    with pq.ParquetFile(group.dataset / group.file) as parquet:
        table = upgraded(parquet.read_row_group(group.number), group.expected.sampling_rate)
    for place in range(len(table)):
        row: dict[str, Any] = table.slice(place, 1).to_pylist()[0]
        yield row


def check_row(row: Mapping[str, Any], group: RowGroup) -> tuple[list[Fault], RowFacts | None]:
    """Check one row; the facts are None where it has no id."""
    faults = missing_values(row)
    if faults:
        return faults, None if row["id"] is None else RowFacts(group.file, row["id"], (), ())
    faults = list(check_structure(row, group.expected))
    keys = prefix_keys(
        row["conversation_id"], row["rendition"], [(turn["role"], turn["act"], turn["text"]) for turn in row["turns"]]
    )
    audio_format = FORMATS[group.expected.audio_format]
    pcm = decode(row, audio_format)
    if isinstance(pcm, Fault):
        return [*faults, pcm], RowFacts(group.file, row["id"], (), ())
    ends = [] if _cannot_be_cut(faults) else [to_samples(turn["end"], row["sampling_rate"]) for turn in row["turns"]]
    digests, whole = sample_digests(pcm, ends)
    if audio_format.lossless and whole != row["pcm_sha256"]:
        faults.append(Fault("samples", None, f"SHA-256 {whole}", f"pcm_sha256 {row['pcm_sha256']}"))
    if _cannot_be_cut(faults):
        return faults, RowFacts(group.file, row["id"], (), ())
    heard = Heard.of(pcm, row["sampling_rate"], row["turns"])
    spoilt = list(check_sound(row, heard, audio_format.lossless))
    if group.thorough and audio_format.lossless and not (row["channel"] or {}).get("kinds"):
        spoilt += check_measures(row, heard)
    prefixes = [
        SharedPrefix(key, start, end, samples if audio_format.lossless else b"")
        for key, (start, end), samples in zip(keys, heard.spans, digests, strict=True)
    ]
    odd = {fault.turn for fault in (*faults, *spoilt) if fault.check in _NOT_COMPARED}
    measures = _measures(row, heard, odd, group.thorough)
    return [*faults, *spoilt], RowFacts(group.file, row["id"], prefixes, measures)


def _cannot_be_cut(faults: Iterable[Fault]) -> bool:
    return any(fault.check in _STOPPING for fault in faults)


def _measures(row: Mapping[str, Any], heard: Heard, odd: Container[int | None], whole: bool) -> list[TurnMeasure]:
    """Measure the turns that are not odd; whole: F0 over all of each.

    A telephone passes nothing below 300 Hz, where most voices' fundamentals are: what is left gives no sure F0. People
    who are recorded speak as fast and as high as they like.
    """
    speakers = {speaker["role"]: speaker for speaker in row["speakers"]}
    pitched = (row["channel"] or {}).get("codec") is None
    return [
        measure_turn(i, turn, speakers[turn["role"]], samples, heard.sample_rate, pitched=pitched, whole=whole)
        for i, (turn, samples) in enumerate(zip(row["turns"], heard.turns, strict=True))
        if i not in odd and speakers[turn["role"]]["engine"] != RECORDING
    ]
