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

    needs: tells quickly whether a text has what the rule needs to do anything. Python is quick where a pattern
    begins with a character or a set of them, and slow where it begins with what may stand before them.
    """

    name: str
    pattern: re.Pattern[str]
    replacement: Replacement = field(repr=False)
    needs: Callable[[str], object] | None = field(default=None, repr=False)

    def __call__(self, text: SpokenText) -> SpokenText:
        """Return the text with the rule applied."""
        if self.needs is not None and not self.needs(text.text):
            return text
        return text.sub(self.pattern, self.replacement)


def rule(name: str, pattern: str, replacement: Replacement, needs: str | Callable[[str], object] | None = None) -> Rule:
    """Make a rule of patterns as they are written."""
    return Rule(name, re.compile(pattern), replacement, re.compile(needs).search if isinstance(needs, str) else needs)


def beyond_ascii(text: str) -> bool:
    """Tell whether a text has anything else than ASCII: Python knows without looking."""
    return not text.isascii()


def shortened(words: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether one of some words stands before a full stop: faster than to search for each."""
    wanted = frozenset(word.split()[-1] for word in words)
    longest = max(map(len, wanted))

    def is_there(text: str) -> bool:
        place = text.find(".")
        while place >= 0:
            before = _LAST_WORD.search(text, max(place - longest - 1, 0), place)
            if before is not None and before.group() in wanted:
                return True
            place = text.find(".", place + 1)
        return False

    return is_there


_LAST_WORD = re.compile("[A-Za-z]+$")


def any_of(words: Iterable[str]) -> str:
    """Return the pattern of any of some words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))) + ")"


BEFORE_A_SENTENCE = rf"(?=\s*$|\s*\n|\s\"?{any_of(tables.SENTENCE_STARTERS)}\b)"
"""Where the full stop of an abbreviation is that of the sentence too."""
