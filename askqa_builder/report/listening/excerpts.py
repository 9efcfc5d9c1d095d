"""The part of a turn that a rater hears: all of a short one, some sentences of a long one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from askqa_builder.recording.timeline import to_samples
from askqa_builder.seeds import digest
from askqa_builder.speech.pieces import Span, split_sentences

SHORTEST, LONGEST = 1.5, 12.0
"""Seconds of a clip; turns that are shorter are taken where a voice has said nothing longer."""

_FEWEST, _MOST = 40, 130
"""Characters of an excerpt: 3 to 8 seconds at a usual pace. A limit in characters, not in seconds, so that the same
turn gives the same words in another voice."""

_ANY_SENTENCE = 1 << 30
_EDGE = 0.15
"""Seconds of pause that are kept before and after words, at most."""


@dataclass(frozen=True)
class Excerpt:
    """Samples `start` to `end` of a recording, and the text that is heard there."""

    start: int
    end: int
    text: str


def excerpt(row: dict[str, Any], turn: int) -> Excerpt | None:
    """Return what to hear of a turn of a row; None where it is over 12 s and cannot be cut at the ends of sentences.

    row: with id, sampling_rate, turns and words. The same turn of the same row gives the same text in every dataset.
    """
    of, rate = row["turns"][turn], row["sampling_rate"]
    text = of["text"]
    span = _part(text, row["id"], turn)
    start, end = (of["start"], of["end"]) if span == (0, len(text)) else _times(row, turn, span)
    if not 0 < end - start <= LONGEST or (span != (0, len(text)) and end - start < SHORTEST):
        return None
    return Excerpt(to_samples(start, rate), to_samples(end, rate), text[slice(*span)])


def _part(text: str, row_id: str, turn: int) -> Span:
    """Choose some neighbouring sentences of a long text; evenly, by the turn's own key."""
    if len(text) <= _MOST:
        return 0, len(text)
    sentences = split_sentences(text, _ANY_SENTENCE)
    runs = [run for first in range(len(sentences)) if (run := _run(sentences[first:]))]
    good = [run for run in runs if run[1] - run[0] >= _FEWEST] or runs
    if not good:
        return min(sentences, key=lambda span: span[1] - span[0], default=(0, len(text)))
    return min(good, key=lambda span: digest("excerpt", row_id, turn, *span))


def _run(sentences: Sequence[Span]) -> Span | None:
    """Return the first sentences as far as they are no longer than an excerpt."""
    ends = [end for _, end in sentences if end - sentences[0][0] <= _MOST]
    return (sentences[0][0], ends[-1]) if ends else None


def _times(row: dict[str, Any], turn: int, span: Span) -> tuple[float, float]:
    """Return start and end of the words of a span, with half the pauses around them; 0, 0 where none are known."""
    of = row["turns"][turn]
    words = [word for word in row["words"] if word["turn"] == turn]
    inside = [i for i, word in enumerate(words) if span[0] <= word["char_start"] and word["char_end"] <= span[1]]
    if not inside:
        return 0.0, 0.0
    latest = list(accumulate((word["end"] for word in words), max))  # words of one number share their time
    first, last = inside[0], inside[-1]
    before = latest[first - 1] if first else of["start"]
    after = words[last + 1]["start"] if last + 1 < len(words) else of["end"]
    start, end = words[first]["start"], latest[last]
    return start - min(max(start - before, 0) / 2, _EDGE), end + min(max(after - end, 0) / 2, _EDGE)
