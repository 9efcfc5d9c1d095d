"""What of a story stands so near a question that it might answer it, rightly or in other words."""

from __future__ import annotations

import re
from collections import Counter

from askqa_builder.hearing.row_times import Row
from askqa_builder.tasks.heard_row import plain
from askqa_builder.tasks.reasoning.foreign import content_words
from askqa_builder.tasks.reasoning.sorts import EMPTY

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”'’)]*\s+|\n+")
_STEM = 5
"""Letters by which forms of a word are the same: "climb…", "climber", "climbers"."""

_SHARE = 1 / 3


def stems(text: str) -> set[str]:
    """Return the beginnings of a text's words, without those that say nothing."""
    return {word[:_STEM] for word in plain(text).split() if word not in EMPTY}


def near_words(question: str, row: Row) -> frozenset[str]:
    """Return the stems of a question's evidence, and of the sentences of its story that share a word with it.

    A word in a third of the sentences, such as whom the story is about, says nothing of where the answer stands.
    """
    sentences = [stems(sentence) for sentence in _SENTENCE_END.split(row["story"] or "")]
    counts = Counter(stem for sentence in sentences for stem in sentence)
    wanted = {word[:_STEM] for word in content_words(question)}
    wanted = {stem for stem in wanted if counts[stem] <= max(1, len(sentences) * _SHARE)}
    near = (sentence for sentence in sentences if sentence & wanted)
    return frozenset(stems(row["evidence"]["text"] or "").union(*near))
