"""A rule of reading: a name, what it looks for, and what is said instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from askqa_builder.speech.reading import tables
from askqa_builder.speech.spoken_text import SpokenText

Replacement = str | Callable[[re.Match[str]], str]


@dataclass(frozen=True)
class Rule:
    """Replaces what `pattern` finds.

    needs: a pattern that is quicker to search, without which the rule has nothing to do. Python is quick where a
    pattern begins with a letter or a set of letters, and slow where it begins with what stands before them.
    """

    name: str
    pattern: re.Pattern[str]
    replacement: Replacement = field(repr=False)
    needs: re.Pattern[str] | None = None

    def __call__(self, text: SpokenText) -> SpokenText:
        """Return the text with the rule applied."""
        if self.needs is not None and self.needs.search(text.text) is None:
            return text
        return text.sub(self.pattern, self.replacement)


def rule(name: str, pattern: str, replacement: Replacement, needs: str | None = None) -> Rule:
    """Make a rule of patterns as they are written."""
    return Rule(name, re.compile(pattern), replacement, re.compile(needs) if needs else None)


def any_of(words: Iterable[str]) -> str:
    """Return the pattern of any of some words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))) + ")"


BEFORE_A_SENTENCE = rf"(?=\s*$|\s*\n|\s\"?{any_of(tables.SENTENCE_STARTERS)}\b)"
"""Where the full stop of an abbreviation is that of the sentence too."""
