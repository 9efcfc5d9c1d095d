"""Text as it is spoken, with each of its characters tied to the source text it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property

_Edit = tuple[int, int, int]
"""Characters [start, end) of a text gave way to so many others."""

_Offsets = list[int]


class SpokenText:
    """What an engine is given, and where it comes from.

    Rules make new SpokenTexts with `sub`; the type knows no rule. Where characters come from is worked out when
    somebody asks, from the edits that were made.
    """

    def __init__(self, source: str) -> None:
        """Take a source text as it stands: each character stands for itself."""
        self.text = source
        self._source_length = len(source)
        self._edits: tuple[Sequence[_Edit], ...] = ()

    def __repr__(self) -> str:
        return f"SpokenText({self.text!r})"

    @property
    def starts(self) -> _Offsets:
        """Where in the source what character i of `text` stands for begins; never decreasing."""
        return self._spans[0]

    @property
    def ends(self) -> _Offsets:
        """Where in the source what character i of `text` stands for ends; never decreasing."""
        return self._spans[1]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the source characters for which `text[start:end]` stands.

        Raises ValueError on an empty or outside range.
        """
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"no characters at [{start}, {end}) of {len(self.text)}")
        return self.starts[start], self.ends[end - 1]

    def sub(self, pattern: re.Pattern[str], replacement: str | Callable[[re.Match[str]], str]) -> SpokenText:
        """Replace every match, as `re.sub` does without templates; new characters stand for all of the match."""
        pieces: list[str] = []
        edits: list[_Edit] = []
        done = 0
        for match in pattern.finditer(self.text):
            new = replacement if isinstance(replacement, str) else replacement(match)
            if new == match.group():
                continue
            start, end = match.span()
            pieces += self.text[done:start], new
            edits.append((start, end, len(new)))
            done = end
        if not edits:
            return self
        pieces.append(self.text[done:])
        result = SpokenText.__new__(SpokenText)
        result.text = "".join(pieces)
        result._source_length = self._source_length
        result._edits = (*self._edits, edits)
        return result

    @cached_property
    def _spans(self) -> tuple[_Offsets, _Offsets]:
        starts, ends = list(range(self._source_length)), list(range(1, self._source_length + 1))
        for edits in self._edits:
            starts, ends = _edited(starts, ends, edits, self._source_length)
        return starts, ends


def _edited(starts: _Offsets, ends: _Offsets, edits: Sequence[_Edit], length: int) -> tuple[_Offsets, _Offsets]:
    first: _Offsets = []
    last: _Offsets = []
    done = 0
    for start, end, count in edits:
        if start < end:
            stands_for = starts[start], ends[end - 1]
        else:  # an insertion stands for nothing; it sits where its neighbours meet
            place = starts[start] if start < len(starts) else ends[-1] if ends else length
            stands_for = place, max(place, ends[start - 1] if start else 0)
        first += starts[done:start]
        first += [stands_for[0]] * count
        last += ends[done:start]
        last += [stands_for[1]] * count
        done = end
    return first + starts[done:], last + ends[done:]
