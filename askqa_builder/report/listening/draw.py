"""Clips drawn from what may be heard, each time one of what was heard least."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from askqa_builder.report.listening.excerpts import Excerpt
from askqa_builder.report.listening.keys import clip_key

_TRIES = 8
"""Turns of a voice, one after the other, that cannot be cut before it is given up: its engine knows no word times."""

Place = tuple[int, int]
"""Row and index of a turn in it."""


@dataclass(frozen=True)
class Anchor:
    """What is heard before a clip, to compare it with; row: its number in `Frames`."""

    row: int
    turn: int
    excerpt: Excerpt


@dataclass(frozen=True)
class Clip:
    """A clip of a sheet. side: 0 of the dataset, 1 of the one it is compared with. row: its number in `Frames`.

    group: what clips are drawn evenly over, a role or a way of speaking. anchor: None where the clip is heard alone.
    """

    key: str
    side: int
    row: int
    row_id: str
    turn: int
    role: str
    voice: str
    excerpt: Excerpt
    group: str
    anchor: Anchor | None = None


class Side(Protocol):
    """A dataset that clips are cut from."""

    digest: str

    def excerpt(self, row: int, place: int) -> Excerpt | None:
        """Return what is heard of a turn; None where it cannot be cut."""


_Cell = tuple[str, int, str]
"""Group, side and voice."""


@dataclass(frozen=True)
class Candidate:
    """A turn that may be heard, in one dataset or in both: (side, row, place) of each; voices: in that order.

    anchors: turns of the first dataset of which one is heard before it; None where it is heard alone.
    """

    group: str
    role: str
    voices: tuple[str, ...]
    row_id: str
    short: bool
    rank: bytes
    places: tuple[tuple[int, int, int], ...]
    anchors: tuple[Place, ...] | None = None

    @property
    def cells(self) -> tuple[_Cell, ...]:
        """What turns are drawn evenly over: group, side and voice, of each dataset that it is heard in."""
        return tuple((self.group, side, voice) for (side, _, _), voice in zip(self.places, self.voices, strict=True))


class Draw:
    """Clips drawn so far, and how often each group and voice is among them."""

    def __init__(self, sides: Sequence[Side]) -> None:
        self.clips: list[Clip] = []
        self._sides = sides
        self._groups: Counter[str] = Counter()
        self._voices: Counter[_Cell] = Counter()
        self._speakers: Counter[tuple[int, str]] = Counter()
        self._heard: set[tuple[int, str, str]] = set()
        self._anchors: set[Place] = set()

    def take(self, candidates: Iterator[Candidate], count: int) -> None:
        """Add `count` candidates, each time one of the group and the voices that were heard least."""
        cells: dict[tuple[_Cell, ...], list[Candidate]] = {}
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

    def _urgency(self, candidate: Candidate) -> tuple[object, ...]:
        voices = sum(self._voices[cell] for cell in candidate.cells)
        speakers = sum(self._speakers[side, voice] for _, side, voice in candidate.cells)
        return self._groups[candidate.group], voices, speakers, candidate.short, candidate.rank

    def _add(self, candidate: Candidate) -> bool:
        """Add a candidate's clips; False where it cannot be cut, or the same was heard of the same voice before."""
        anchor = None
        if candidate.anchors is not None:
            anchor = self._anchor(candidate.anchors)
            if anchor is None or any((row, place) in self._anchors for _, row, place in candidate.places):
                return False
        clips = []
        for (side, row, place), voice in zip(candidate.places, candidate.voices, strict=True):
            found = self._sides[side].excerpt(row, place)
            if found is None or (side, voice, _plain(found.text)) in self._heard:
                return False
            key = clip_key(self._sides[side].digest, candidate.row_id, place)
            of = (key, side, row, candidate.row_id, place, candidate.role, voice, found)
            clips.append(Clip(*of, candidate.group, anchor))
        if len({_plain(clip.excerpt.text) for clip in clips}) > 1:
            return False  # two datasets that name other turns alike
        self._heard.update((clip.side, clip.voice, _plain(clip.excerpt.text)) for clip in clips)
        self._groups[candidate.group] += 1
        self._voices.update(candidate.cells)
        self._speakers.update((side, voice) for _, side, voice in candidate.cells)
        if anchor is not None:
            self._anchors.add((anchor.row, anchor.turn))
        self.clips += clips
        return True

    def _anchor(self, places: Sequence[Place]) -> Anchor | None:
        """Return what to hear before a clip: never a clip, since raters would know it again and what it is."""
        clips = {(clip.row, clip.turn) for clip in self.clips}
        for row, place in places:
            found = None if (row, place) in clips else self._sides[0].excerpt(row, place)
            if found is not None:
                return Anchor(row, place, found)
        return None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
