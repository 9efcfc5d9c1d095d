"""Which clips a listening sheet has: turns drawn evenly over roles and voices, the same ones where it is made again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from askqa_builder.dataset.reading import finished_manifest
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.report.frames import Frames, read_frames
from askqa_builder.report.listening.excerpts import SHORTEST, Excerpt, excerpt
from askqa_builder.report.listening.keys import clip_key, config_digest
from askqa_builder.report.row_reader import RowReader
from askqa_builder.seeds import digest

_TRIES = 8
"""Turns of a voice, one after the other, that cannot be cut before it is given up: its engine knows no word times."""


@dataclass(frozen=True)
class Clip:
    """A clip of a sheet. side: 0 of the dataset, 1 of the one it is compared with. row: its number in `Frames`."""

    key: str
    side: int
    row: int
    row_id: str
    turn: int
    role: str
    voice: str
    excerpt: Excerpt


class Heard:
    """A dataset that clips are cut from."""

    def __init__(self, dataset: Path) -> None:
        self.dataset = dataset
        self.digest = config_digest(finished_manifest(dataset))
        self.frames: Frames = read_frames(dataset)
        self._rows = RowReader(dataset)

    @cached_property
    def turns(self) -> pd.DataFrame:
        """Turns, each utterance once; columns row, id, place (index in its row's turns), role, act, voice, seconds."""
        rows = self.frames.rows
        turns = self.frames.turns[["row", "place", "role", "act", "voice", "seconds", "seed", "start"]].copy()
        of = rows[["id", "conversation_id", "rendition"]].loc[turns["row"]].reset_index(drop=True)
        turns = pd.concat([turns.reset_index(drop=True), of], axis=1)
        once = turns.drop_duplicates(["conversation_id", "rendition", "place", "seed", "start"])
        return once.dropna(subset=["role", "voice", "id"])

    def excerpt(self, row: int, place: int) -> Excerpt | None:
        """Return what is heard of a turn; None where it cannot be cut. The text of one row is read."""
        return excerpt(self._rows.text(row), place)

    def cut(self, clip: Clip) -> tuple[npt.NDArray[np.int16], int]:
        """Return the samples [n] of a clip and their rate."""
        samples, rate = self._rows.samples(clip.row)
        part = samples[clip.excerpt.start : clip.excerpt.end]
        if samples.ndim != 1 or len(part) < clip.excerpt.end - clip.excerpt.start:
            raise AskqaError(f"turn {clip.turn} of {clip.row_id!r} lies outside its recording; build the dataset again")
        return part, rate


_Cell = tuple[str, int, str]
"""Role, side and voice."""


@dataclass(frozen=True)
class _Candidate:
    """A turn that may be heard, in one dataset or in both: (side, row, place) of each; voices: in that order."""

    role: str
    voices: tuple[str, ...]
    row_id: str
    short: bool
    rank: bytes
    places: tuple[tuple[int, int, int], ...]

    @property
    def cells(self) -> tuple[_Cell, ...]:
        """What turns are drawn evenly over: role, side and voice, of each dataset that it is heard in."""
        return tuple((self.role, side, voice) for (side, _, _), voice in zip(self.places, self.voices, strict=True))


def draw_clips(sides: Sequence[Heard], count: int, seed: int) -> list[Clip]:
    """Draw up to `count` clips, half of each side, in an order that tells nothing.

    With two sides the same turns are heard in both, as far as both have them. Raises UsageError where there is nothing
    to hear, or where the two are the same build.
    """
    if len(sides) > 1 and sides[0].digest == sides[1].digest:
        raise UsageError(
            f"{sides[0].dataset} and {sides[1].dataset} are the same build; compare it with another one, as of askqa "
            "regenerate"
        )
    draw = _Draw(sides)
    each = count // len(sides)
    if len(sides) > 1:
        draw.take(_both(sides, seed), each)
    for side in range(len(sides)):
        draw.take(_alone(sides[side], side, seed), each - sum(clip.side == side for clip in draw.clips))
    if not draw.clips:
        raise UsageError(
            f"{sides[0].dataset} has no turn to hear: none of up to 12 s, and no word times to cut longer ones by"
        )
    return sorted(draw.clips, key=lambda clip: clip.key)


class _Draw:
    """Clips drawn so far, and how often each role and voice is among them."""

    def __init__(self, sides: Sequence[Heard]) -> None:
        self.clips: list[Clip] = []
        self._sides = sides
        self._roles: Counter[str] = Counter()
        self._voices: Counter[_Cell] = Counter()
        self._heard: set[tuple[int, str, str]] = set()

    def take(self, candidates: Iterator[_Candidate], count: int) -> None:
        """Add `count` candidates, each time one of the role and the voices that were heard least."""
        cells: dict[tuple[_Cell, ...], list[_Candidate]] = {}
        for candidate in candidates:
            cells.setdefault(candidate.cells, []).append(candidate)
        for waiting in cells.values():
            waiting.sort(key=lambda candidate: (candidate.short, candidate.rank), reverse=True)  # the best is the last
        failures: Counter[tuple[_Cell, ...]] = Counter()
        taken = 0
        while taken < count and cells:
            cell = min(cells, key=lambda cell: self._urgency(cells[cell][-1]))
            candidate = cells[cell].pop()
            if self._add(candidate):
                taken += 1
                failures[cell] = 0
            else:
                failures[cell] += 1
            if not cells[cell] or failures[cell] == _TRIES:
                del cells[cell]

    def _urgency(self, candidate: _Candidate) -> tuple[object, ...]:
        voices = sum(self._voices[cell] for cell in candidate.cells)
        return self._roles[candidate.role], voices, candidate.short, candidate.rank

    def _add(self, candidate: _Candidate) -> bool:
        """Add a candidate's clips; False where it cannot be cut, or the same was heard of the same voice before."""
        clips = []
        for (side, row, place), voice in zip(candidate.places, candidate.voices, strict=True):
            found = self._sides[side].excerpt(row, place)
            if found is None or (side, voice, _plain(found.text)) in self._heard:
                return False
            key = clip_key(self._sides[side].digest, candidate.row_id, place)
            clips.append(Clip(key, side, row, candidate.row_id, place, candidate.role, voice, found))
        if len({_plain(clip.excerpt.text) for clip in clips}) > 1:
            return False  # two datasets that name other turns alike
        self._heard.update((clip.side, clip.voice, _plain(clip.excerpt.text)) for clip in clips)
        self._roles[candidate.role] += 1
        self._voices.update(candidate.cells)
        self.clips += clips
        return True


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _alone(heard: Heard, side: int, seed: int) -> Iterator[_Candidate]:
    columns = (heard.turns[name].tolist() for name in ("role", "voice", "id", "place", "seconds", "row"))
    for role, voice, row_id, place, seconds, row in zip(*columns, strict=True):
        rank = digest("draw", seed, row_id, place)
        yield _Candidate(role, (voice,), row_id, seconds < SHORTEST, rank, ((side, row, place),))


def _both(sides: Sequence[Heard], seed: int) -> Iterator[_Candidate]:
    first, second = (side.turns for side in sides)
    both = first.merge(second, on=["id", "place", "role", "act"], suffixes=("", "_2"))
    names = ("role", "voice", "voice_2", "id", "place", "seconds", "seconds_2", "row", "row_2")
    columns = (both[name].tolist() for name in names)
    for role, voice, other_voice, row_id, place, seconds, other_seconds, row, other_row in zip(*columns, strict=True):
        short = min(seconds, other_seconds) < SHORTEST
        places = ((0, row, place), (1, other_row, place))
        yield _Candidate(role, (voice, other_voice), row_id, short, digest("draw", seed, row_id, place), places)
