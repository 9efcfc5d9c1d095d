"""Word times for engines that give none: the protocol of aligners, and how one is loaded.

An aligner is given speech and the words that are in it, and finds when each is spoken. It does not check that they
are.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol

from askqa_builder.errors import UsageError
from askqa_builder.speech.engine import Speech, WordTime
from askqa_builder.voices.profiles import ALIGNERS


class Aligner(Protocol):
    """Finds words in speech. One instance serves one process; it need not be thread-safe."""

    @property
    def version(self) -> str:
        """Of the library and its model: another may give other times."""

    def align(self, speech: Speech, text: str) -> tuple[WordTime, ...]:
        """Return when the words of `text` are spoken, in order and inside the speech.

        A word whose letters and digits nothing is known of is left out. Empty where the words cannot be found in the
        speech: it may be damaged, or say something else.
        """


@cache
def load_aligner(name: str) -> Aligner:
    """Return the aligner of this process, one of ALIGNERS. Raises UsageError where its library is missing."""
    if name not in ALIGNERS:
        raise UsageError(f"unknown aligner {name!r}; allowed: {', '.join(ALIGNERS)}")
    from askqa_builder.speech.aligners.pocketsphinx import PocketsphinxAligner

    return PocketsphinxAligner()
