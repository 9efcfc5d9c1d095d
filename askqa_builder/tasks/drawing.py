"""Draws of tasks: the same on every machine, from a `Stream` of the row's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from askqa_builder.hearing.heard import Span
from askqa_builder.seeds import Stream
from askqa_builder.speech.pieces import split_sentences
from askqa_builder.tasks.heard_row import HeardRow, one_line, plain
from askqa_builder.tasks.marks import is_closed, is_whole

Thing = TypeVar("Thing")

FEWEST_WORDS, MOST_WORDS = 4, 8
"""Of a phrase: enough that it is seldom heard twice, few enough to be kept in mind."""

_TRIES = 24
_TOKEN = re.compile(r"\S+")


@dataclass(frozen=True)
class Phrase:
    """Neighbouring words of a turn, as its text has them: characters of it, and the samples in which they are heard."""

    turn: int
    text: str
    char_start: int
    char_end: int
    span: Span | None


def pick(stream: Stream, things: Sequence[Thing]) -> Thing:
    """Draw one of some things, evenly."""
    return things[int(stream.uniform() * len(things))]


def shuffled(stream: Stream, things: Sequence[Thing]) -> list[Thing]:
    """Return things in a drawn order."""
    keys = [stream.uniform() for _ in things]
    return [things[i] for i in sorted(range(len(things)), key=keys.__getitem__)]


def draw_phrase(
    stream: Stream, row: HeardRow, turns: Sequence[int], *, timed: bool = False, in_sentence: bool = False
) -> Phrase | None:
    """Draw some words that are heard once, and cut no quotation or bracket; None where none are found.

    turns: in which to look. timed: only where it is known when the words are heard, and they are in one clip.
    in_sentence: only words of one sentence.
    """
    tokens = {turn: _tokens(row, turn) for turn in turns}
    long_enough = [turn for turn in turns if len(tokens[turn]) >= FEWEST_WORDS]
    for _ in range(_TRIES if long_enough else 0):
        turn = pick(stream, long_enough)
        length = min(pick(stream, range(FEWEST_WORDS, MOST_WORDS + 1)), len(tokens[turn]))
        first = pick(stream, range(len(tokens[turn]) - length + 1))
        start, end = tokens[turn][first][0], tokens[turn][first + length - 1][1]
        whole = row.row["turns"][turn]["text"]
        text = one_line(whole[start:end])
        span = row.span_of(turn, start, end)
        heard_together = span is not None and row.heard.moment(span) is not None
        fits = len(plain(text).split()) >= FEWEST_WORDS and is_closed(whole, start, end) and is_whole(text)
        fits = fits and not (in_sentence and crosses_sentences(whole[start:end]))
        if fits and row.occurrences(text) == 1 and (heard_together or not timed):
            return Phrase(turn, text, start, end, span)
    return None


def crosses_sentences(text: str) -> bool:
    """Tell whether a stretch of a text has words of more than one sentence, or paragraph."""
    return len(split_sentences(text, len(text) + 1)) > 1


def _tokens(row: HeardRow, turn: int) -> list[tuple[int, int]]:
    first, last = row.heard.characters[turn] or (0, 0)
    return [found.span() for found in _TOKEN.finditer(row.row["turns"][turn]["text"], first, last)]
