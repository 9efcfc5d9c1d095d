"""Windows of speech: short stretches that are labelled, each heard with some context on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from askqa_builder.errors import UsageError

LENGTH = 2.0
CONTEXT = 1.0
"""Seconds, as of the windows of Wang et al. (arXiv 2505.13338): 2 s are labelled, 1 s on each side is heard as well."""

_LONGEST = 60.0


@dataclass(frozen=True)
class Window:
    """Labelled from start to end, heard from heard_start to heard_end; in samples."""

    start: int
    end: int
    heard_start: int
    heard_end: int


@dataclass(frozen=True)
class Windowing:
    """How speech is cut. length, context: seconds that are labelled, and that are heard beside them on each side.

    Raises UsageError where one is not allowed.
    """

    length: float = LENGTH
    context: float = CONTEXT

    def __post_init__(self) -> None:
        if not 0.1 <= self.length <= _LONGEST:
            raise UsageError(f"window: {self.length!r} is not allowed; give 0.1 to {_LONGEST:g} seconds")
        if not 0.0 <= self.context <= _LONGEST:
            raise UsageError(f"context: {self.context!r} is not allowed; give 0 to {_LONGEST:g} seconds")

    def step(self, sample_rate: int) -> int:
        """Return the length of a window in samples."""
        return max(round(self.length * sample_rate), 1)

    def beside(self, sample_rate: int) -> int:
        """Return the length of the context on one side in samples."""
        return round(self.context * sample_rate)

    def cut(self, start: int, end: int, sample_rate: int, heard_from: int | None = None) -> list[Window]:
        """Cut speech from start to end (samples) into windows that cover it, each sample in one of them.

        All are of one length but the last, which takes what is left: a rest of half a window or more is a window of
        its own, a shorter one lengthens the window before. Speech shorter than that is one window. Context ends with
        the speech; heard_from: where it begins, if before start.
        """
        step, beside = self.step(sample_rate), self.beside(sample_rate)
        first_heard = start if heard_from is None else heard_from
        borders = list(range(start, end, step))
        if len(borders) > 1 and 2 * (end - borders[-1]) < step:
            del borders[-1]
        return [
            Window(first, last, max(first - beside, first_heard), min(last + beside, end))
            for first, last in zip(borders, [*borders[1:], end], strict=True)
        ]
