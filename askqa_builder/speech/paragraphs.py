"""The paragraphs of a spoken text.

Engines know sentences, not paragraphs: a reader's longer pause between two of them is made here, for all engines
alike. Each paragraph is an utterance of its own, and the build joins them with the pause between.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise

from askqa_builder.speech.spoken_text import SpokenText

Span = tuple[int, int]

PARAGRAPH_BREAK = re.compile(r"\n\s*\n\s*")
"""Blank lines, with the white space that begins the next paragraph."""

_SPEAKABLE = re.compile("[A-Za-z0-9]")


def paragraph_spans(spoken: SpokenText, source: str) -> list[Span]:
    """Return the characters of `spoken.text` that each paragraph of its source became, in order.

    source: the text it was made from; blank lines part its paragraphs. The spans leave out nothing but white space; a
    paragraph in which nothing can be pronounced is part of the one before it, or else of the next.
    """
    text, starts = spoken.text, spoken.starts
    breaks = (bisect_left(starts, found.end()) for found in PARAGRAPH_BREAK.finditer(source))
    cuts = [0, *(cut for cut in breaks if text[cut - 1 : cut].isspace()), len(text)]
    spans: list[Span] = []
    for before, after in pairwise(cuts):
        piece = text[before:after]
        start, end = before + len(piece) - len(piece.lstrip()), before + len(piece.rstrip())
        if spans and not (_is_speakable(text, spans[-1]) and _is_speakable(text, (start, end))):
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif start < end:
            spans.append((start, end))
    return spans


def count_paragraphs(source: str) -> int:
    """Return the number of paragraphs of a text, without regard to what can be pronounced."""
    return len(PARAGRAPH_BREAK.split(source.strip()))


def _is_speakable(text: str, span: Span) -> bool:
    return _SPEAKABLE.search(text, *span) is not None
