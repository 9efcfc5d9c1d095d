"""Text as it is spoken, with each of its characters tied to the source text it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class SpokenText:
    """What an engine is given, and where it comes from.

    Character i of `text` stands for `source[starts[i]:ends[i]]`. Both tuples have the length of `text`
    and never decrease. Rules make new SpokenTexts with `sub`; the type knows no rule.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, source: str) -> SpokenText:
        """Take a source text as it stands: each character stands for itself."""
        return cls(source, tuple(range(len(source))), tuple(range(1, len(source) + 1)))

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
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            new = replacement if isinstance(replacement, str) else replacement(match)
            a, b = match.span()
            if new == match.group():
                continue
            pieces += self.text[done:a], new
            starts += self.starts[done:a]
            ends += self.ends[done:a]
            if a < b:
                source_start, source_end = self.starts[a], self.ends[b - 1]
            else:  # an insertion stands for nothing; it sits where its neighbours meet
                source_start = self.starts[a] if a < len(self.text) else self._source_end()
                source_end = max(source_start, self.ends[a - 1] if a else 0)
            starts += [source_start] * len(new)
            ends += [source_end] * len(new)
            done = b
        if done == 0 and not pieces:
            return self
        pieces.append(self.text[done:])
        return SpokenText("".join(pieces), (*starts, *self.starts[done:]), (*ends, *self.ends[done:]))

    def _source_end(self) -> int:
        return self.ends[-1] if self.ends else 0
