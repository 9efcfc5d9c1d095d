"""When each word is heard in what espeak-ng spoke: its word events, put right and given ends."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from askqa_builder.speech.engine import Pcm, WordTime
from askqa_builder.speech.engines.espeak.server import REPLY

# A word of the text: letters and digits, joined inside by apostrophes, hyphens, points and commas.
_WORD = re.compile(r"[^\W_]+(?:['’.,\-][^\W_]+)*")
_WORD_EVENT, _CLAUSE_END_EVENT = 1, 5
_SILENCE = 100  # 16-bit steps: -50 dBFS
_TAIL = 32  # samples looked at to see whether a word runs up to its slot's end


def word_times(text: str, event_data: bytearray, pcm: Pcm) -> tuple[WordTime, ...] | None:
    """Times of the text's words from espeak's events; None where nothing is heard.

    espeak reports a word where its phonemes start. It gives numbers several events, phrases it holds in its
    dictionary ("of the") one, and symbols it reads aloud their own.
    """
    spans = [match.span() for match in _WORD.finditer(text)]
    digits = [any(map(str.isdigit, text[start:end])) for start, end in spans]
    starts, borders = _word_starts(spans, digits, event_data)
    onset = _first_sound(pcm)
    if onset is None or not (starts or borders or spans):
        return None
    # an accent that drops the first phoneme of a word ("humans" in New York) drops the word's event with it
    if spans and 0 not in starts and onset < min(starts.values(), default=len(pcm)):
        starts[0] = onset
    heard = sorted(word for word, start in starts.items() if start < len(pcm))
    onsets = [starts[word] for word in heard]
    edges = sorted({*borders, len(pcm)})
    slots = [edges[bisect_right(edges, onset)] for onset in onsets]
    ends = _speech_ends(pcm, onsets, slots)
    words: list[WordTime] = []
    for word, start, end, following in zip(heard, onsets, ends, [*heard, len(spans)][1:], strict=True):
        words += _shared(spans[word:following], start, end)
    return tuple(words)


def _word_starts(
    spans: Sequence[tuple[int, int]], digits: Sequence[bool], event_data: bytearray
) -> tuple[dict[int, int], list[int]]:
    """Sample at which each word with an event starts, and samples where words end."""
    inside, before, borders = _events_by_word(spans, event_data)
    starts: dict[int, int] = {}
    latest = -1
    for word in sorted(inside.keys() | before.keys()):
        symbols = before.get(word, [])
        samples = inside.get(word) or symbols
        if inside.get(word):
            borders += symbols
        if word == len(spans):
            borders += symbols
            continue
        # the parts of a phrase ("to be") come with the position of its first word; those of a number are one
        parts = 1 if digits[word] else len(samples)
        for part, sample in enumerate(samples[:parts]):
            target = word + part
            if part and (target == len(spans) or target in inside or target in before):
                break
            if sample > latest:
                starts[target] = latest = sample
    return starts, borders + list(starts.values())


def _events_by_word(
    spans: Sequence[tuple[int, int]], event_data: bytearray
) -> tuple[dict[int, list[int]], dict[int, list[int]], list[int]]:
    """Samples of the events in each word, of those between it and the word before, and of ends of clauses."""
    ends = [end for _, end in spans]
    inside: dict[int, list[int]] = {}
    before: dict[int, list[int]] = {}
    clause_ends: list[int] = []
    for kind, position, _, sample in REPLY.iter_unpack(event_data):
        if kind == _CLAUSE_END_EVENT:
            clause_ends.append(sample)
        elif kind == _WORD_EVENT:
            word = bisect_right(ends, position - 1)
            within = word < len(spans) and spans[word][0] <= position - 1
            (inside if within else before).setdefault(word, []).append(sample)
    return inside, before, clause_ends


def _speech_ends(pcm: Pcm, onsets: Sequence[int], slots: Sequence[int]) -> list[int]:
    """Where the sound of each slot [onset, slot) ends: its end, or before where it closes with silence."""
    ends = list(slots)
    tails = pcm[np.maximum(np.array(slots, dtype=np.int64)[:, None] - 1 - np.arange(_TAIL), 0)]
    for word in np.flatnonzero(~_loud(tails).any(axis=1)).tolist():
        sounding = np.flatnonzero(_loud(pcm[onsets[word] : slots[word]]))
        if len(sounding):
            ends[word] = onsets[word] + int(sounding[-1]) + 1
    return ends


def _first_sound(pcm: Pcm) -> int | None:
    sounding = _loud(pcm)
    return int(sounding.argmax()) if sounding.any() else None


def _loud(pcm: Pcm) -> NDArray[np.bool_]:
    loud: NDArray[np.bool_] = (pcm > _SILENCE) | (pcm < -_SILENCE)
    return loud


def _shared(spans: Sequence[tuple[int, int]], start: int, end: int) -> list[WordTime]:
    """The time from start to end, divided among words in proportion to their letters."""
    letters = list(accumulate((high - low for low, high in spans), initial=0))
    cuts = [start + (end - start) * before // letters[-1] for before in letters]
    return [
        WordTime(begin, stop, low, high)
        for begin, stop, (low, high) in zip(cuts, cuts[1:], spans, strict=False)
        if begin < stop
    ]
