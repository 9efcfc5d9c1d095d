"""Cutting a long text into pieces that an engine takes in one call."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

SENTENCE_PAUSE, CLAUSE_PAUSE = 0.45, 0.20
"""Seconds of silence between two sentences, and where a long one was cut at a comma. The first is Coqui's own
between sentences, and within what readers do (Campione and Véronis 2002: medium pauses, 0.2 to 1 s)."""

_CLAUSE_END = re.compile(r"[,;:](?= )")
_ENDS_SENTENCE = re.compile(r"[.!?…][\"')\]]*$")
_ENDS_CLAUSE = re.compile(r"[,;:][\"')\]]*$")


def split_text(text: str, limit: int) -> list[Span]:
    """Cut `text` into spans of at most `limit` characters, at sentence ends where there are any.

    The spans are in order, do not overlap, start and end on something other than white space, and leave
    out nothing but white space. A sentence over the limit is cut between words, a word over it inside.
    """
    spans: list[Span] = []
    for start, end in _sentences(text):
        if spans and end - spans[-1][0] <= limit:
            spans[-1] = (spans[-1][0], end)
        else:
            spans += _cut(text, start, end, limit)
    return spans


def split_sentences(text: str, limit: int) -> list[Span]:
    """Cut `text` into its sentences, and those longer than `limit` characters like `split_text` does."""
    return [piece for start, end in _sentences(text) for piece in _cut(text, start, end, limit)]


def pause_after(piece: str) -> float:
    """Return the seconds of silence due between a piece of a text and the next one."""
    if _ENDS_SENTENCE.search(piece):
        return SENTENCE_PAUSE
    return CLAUSE_PAUSE if _ENDS_CLAUSE.search(piece) else 0.0


def _sentences(text: str) -> Iterator[Span]:
    from sentencex import segment

    cursor = 0
    for sentence in segment("en", text):
        stripped = sentence.strip()
        if not stripped:
            continue
        start = text.index(stripped, cursor)
        cursor = start + len(stripped)
        yield start, cursor


def _cut(text: str, start: int, end: int, limit: int) -> Iterator[Span]:
    """Cut a sentence where a reader would breathe: after a comma or the like in its second half, else at a blank."""
    while end - start > limit:
        clauses = [match.end() for match in _CLAUSE_END.finditer(text, start + limit // 2, start + limit + 1)]
        gap = clauses[-1] if clauses else text.rfind(" ", start + 1, start + limit + 1)
        stop = gap if gap > start else start + limit
        yield start, start + len(text[start:stop].rstrip())
        start = stop + len(text[stop:end]) - len(text[stop:end].lstrip())
    if start < end:
        yield start, end
