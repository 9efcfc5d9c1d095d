"""When in the narration an answer is heard, and how that time overlaps with the right one.

NMSQA's measures (Lin et al. 2022, "DUAL: Discrete Spoken Unit Adaptive Learning for Textless Spoken Question
Answering", Interspeech), of a time X that a model answers with and a right time Y: the audio overlapping score
AOS = |X ∩ Y| / |X ∪ Y|, and the frame-level F1 FF1 = 2 |X ∩ Y| / (|X| + |Y|), here in seconds instead of frames.

There a model answers with a time. Ours answers with words, so these have to be found in the narration:

- X is where the answer's words stand one after the other in the story, whatever their case, punctuation and articles
  ("Beck" in "Beck's" too). An answer that stands nowhere, as a whole sentence does of which one word is right, has 0;
  one that SQuAD finds the same as a reference stands where that does. Words do not say which of several places they
  are from: the one that overlaps most with Y counts, so that this is an upper bound.
- Y is where a reference stands in the evidence, or, where it does not touch the evidence, in the story if it stands
  there once. The evidence as a whole counts where it is the reference. Of several references the best counts.
- "Yes", "no" and answers that quote nothing have no time, nor have those of narrations without word times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askqa_builder.corpus.conversation import Act, is_answerable
from askqa_builder.evaluation.metrics.squad_scores import normalise_squad

Span = tuple[float, float]
"""Seconds of a recording, from and to."""

_WORD = re.compile(r"[^\W_]+")
_ARTICLES = frozenset({"a", "an", "the"})
_NEVER_QUOTED = frozenset({"yes", "no", ""})


@dataclass(frozen=True)
class Overlap:
    """aos, ff1: between 0 and 1. located: the answer's words stand in the story."""

    aos: float
    ff1: float
    located: bool


@dataclass(frozen=True)
class Narration:
    """A story as it is heard.

    words: in lower case, without articles. times: of each word, None where it is not spoken. quoted: the evidence, as
    SQuAD compares it. evidence: when it is heard.
    """

    words: tuple[str, ...]
    times: tuple[Span | None, ...]
    quoted: str
    evidence: Span

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Narration | None:
        """Read a row's; None where there is no evidence, or no time of it."""
        evidence = row["evidence"]
        if evidence["start"] is None or evidence["end"] <= evidence["start"]:
            return None
        heard = list(_heard(row))
        words, times = tuple(word for word, _ in heard), tuple(time for _, time in heard)
        return cls(words, times, normalise_squad(evidence["text"]), (evidence["start"], evidence["end"]))

    def places(self, text: str) -> list[Span]:
        """Return when the words of a text are heard one after the other: each time, in order."""
        sequence = tuple(word.group() for word in _words(text.lower()))
        found = [self._time(at, at + len(sequence)) for at in self._starts(sequence)]
        if sequence and normalise_squad(text) == self.quoted:  # which may begin or end within a word
            found.append(self.evidence)
        return list(dict.fromkeys(span for span in found if span is not None))

    def right_places(self, references: Sequence[str]) -> list[Span]:
        """Return when references are heard, as far as they are quotations."""
        found: dict[Span, None] = {}
        for reference in references:
            if normalise_squad(reference) in _NEVER_QUOTED or not is_answerable(reference):
                continue
            places = self.places(reference)
            here = [place for place in places if _shared(place, self.evidence) > 0]
            found.update(dict.fromkeys(here or (places if len(places) == 1 else [])))
        return list(found)

    def _starts(self, sequence: tuple[str, ...]) -> Iterator[int]:
        if not sequence:
            return
        at = -1
        while True:
            try:
                at = self.words.index(sequence[0], at + 1)
            except ValueError:
                return
            if self.words[at : at + len(sequence)] == sequence:
                yield at

    def _time(self, first: int, last: int) -> Span | None:
        return _united([time for time in self.times[first:last] if time is not None])


def overlap(narration: Narration, answer: str | None, references: Sequence[str]) -> Overlap | None:
    """Return how an answer's time overlaps with the right one; None where there is no right one.

    answer: None where there is none.
    """
    right = narration.right_places(references)
    if not right:
        return None
    texts = [] if answer is None else _alike(answer, references)
    places = [place for text in texts for place in narration.places(text)]
    pairs = [(place, other) for place in places for other in right]
    aos = max((audio_overlapping_score(*pair) for pair in pairs), default=0.0)
    ff1 = max((frame_f1(*pair) for pair in pairs), default=0.0)
    return Overlap(aos, ff1, bool(places))


def _alike(answer: str, references: Sequence[str]) -> list[str]:
    """Return an answer and the references that SQuAD finds the same: "twentyone" is "twenty-one"."""
    said = normalise_squad(answer)
    return [answer, *(reference for reference in references if normalise_squad(reference) == said)]


def audio_overlapping_score(one: Span, other: Span) -> float:
    """Return |X ∩ Y| / |X ∪ Y| of two times that are longer than nothing."""
    shared = _shared(one, other)
    return shared / (_length(one) + _length(other) - shared)


def frame_f1(one: Span, other: Span) -> float:
    """Return 2 |X ∩ Y| / (|X| + |Y|) of two times that are longer than nothing."""
    return 2 * _shared(one, other) / (_length(one) + _length(other))


def _heard(row: Mapping[str, Any]) -> Iterator[tuple[str, Span | None]]:
    """Yield the words of a row's story with their times; one may be spoken as several, or be a part of one."""
    turn = next((place for place, turn in enumerate(row["turns"]) if turn["act"] == Act.STORY.value), None)
    if turn is None:
        return
    spoken = [word for word in row["words"] if word["turn"] == turn]
    first = 0
    for word in _words(row["turns"][turn]["text"]):
        while first < len(spoken) and spoken[first]["char_end"] <= word.start():
            first += 1
        last = first
        while last < len(spoken) and spoken[last]["char_start"] < word.end():
            last += 1
        yield word.group().lower(), _united([(one["start"], one["end"]) for one in spoken[first:last]])


def _words(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of a text but articles."""
    return (word for word in _WORD.finditer(text) if word.group().lower() not in _ARTICLES)


def _united(spans: Sequence[Span]) -> Span | None:
    """Return the time from the first to the last; None where that is no time."""
    if not spans:
        return None
    start, end = min(start for start, _ in spans), max(end for _, end in spans)
    return (start, end) if end > start else None


def _shared(one: Span, other: Span) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def _length(span: Span) -> float:
    return span[1] - span[0]
