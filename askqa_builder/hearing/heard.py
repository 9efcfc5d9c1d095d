"""What is heard of one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from askqa_builder.recording.timeline import Seconds, to_seconds

Span = tuple[int, int]
"""First sample of a recording, and the one after the last."""


@dataclass(frozen=True)
class Clip:
    """Pieces of a recording that are heard as one sound, one after the other; in order, none empty."""

    pieces: tuple[Span, ...]

    @property
    def samples(self) -> int:
        """Its length."""
        return sum(end - start for start, end in self.pieces)

    def place(self, start: int, end: int) -> int | None:
        """Return where in the clip a span of the recording begins; None where it is not heard whole and unbroken."""
        before = 0
        for first, last in self.pieces:
            if first <= start and end <= last:
                return before + start - first
            before += last - first
        return None


@dataclass(frozen=True)
class Moment:
    """When something is heard. clip: which one, from 0; start, end: seconds from its beginning."""

    clip: int
    start: Seconds
    end: Seconds


@dataclass(frozen=True)
class Heard:
    """A row as a model hears it.

    clips: in order. sampling_rate: of the recording, Hz. characters: of each turn's text, those that are heard; None
    where nothing of it is. stereo: each clip has two channels. story: its text where that stands in the prompt instead.
    metadata: labels of how it is said, as `hearing.metadata` writes them, where they stand in the prompt, too.
    """

    clips: tuple[Clip, ...]
    sampling_rate: int
    characters: tuple[tuple[int, int] | None, ...]
    stereo: bool = False
    story: str | None = None
    metadata: str | None = None

    @property
    def seconds(self) -> Seconds:
        """Of all clips together."""
        return to_seconds(sum(clip.samples for clip in self.clips), self.sampling_rate)

    @property
    def longest(self) -> Seconds:
        """Seconds of the longest clip."""
        return to_seconds(max((clip.samples for clip in self.clips), default=0), self.sampling_rate)

    def moment(self, span: Span) -> Moment | None:
        """Return when a span of the recording is heard; None where no clip has it whole."""
        for number, clip in enumerate(self.clips):
            place = clip.place(*span)
            if place is not None:
                return self._moment(number, place, span[1] - span[0])
        return None

    def moments(self, span: Span) -> list[Moment]:
        """Return when the parts of a span of the recording are heard, as far as they are."""
        return list(self._parts(span))

    def _parts(self, span: Span) -> Iterator[Moment]:
        for number, clip in enumerate(self.clips):
            for first, last in clip.pieces:
                start, end = max(first, span[0]), min(last, span[1])
                place = clip.place(start, end) if start < end else None
                if place is not None:
                    yield self._moment(number, place, end - start)

    def _moment(self, clip: int, place: int, length: int) -> Moment:
        return Moment(clip, to_seconds(place, self.sampling_rate), to_seconds(place + length, self.sampling_rate))
