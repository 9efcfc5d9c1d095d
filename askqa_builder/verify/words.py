"""The words of a row against its turns: their times, and the characters they point to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from askqa_builder.verify.findings import Fault

LEAST_SHARE_ALIKE = 0.2
"""Of a turn's words, those that must be spelt as the characters they point to. Numbers and abbreviations are not
("1986" is three words) and may make up half of a turn; where the offsets are shifted nearly no word is."""

LEAST_WORDS = 8
"""Fewer words may all be numbers."""


def check_words(row: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the first fault of each turn's words: order, times inside the turn, characters inside its text."""
    turns = row["turns"]
    of_turn: dict[int, list[Mapping[str, Any]]] = {}
    latest = 0
    for word in row["words"]:
        if not latest <= word["turn"] < len(turns):
            yield Fault("words", None, f"{word['word']!r} of turn {word['turn']}", "turns in order, of those there are")
            return
        latest = word["turn"]
        of_turn.setdefault(latest, []).append(word)
    for i, words in of_turn.items():
        fault = _fault(i, turns[i], words)
        if fault is not None:
            yield fault


def _fault(i: int, turn: Mapping[str, Any], words: Sequence[Mapping[str, Any]]) -> Fault | None:
    text = turn["text"]
    before, place, alike = turn["start"], 0, 0
    for word in words:
        start, end = word["start"], word["end"]
        if not before <= start < end <= turn["end"]:
            wanted = f"in order, inside {turn['start']:.4f} to {turn['end']:.4f} s"
            return Fault("words", i, f"{word['word']!r} at {start:.4f} to {end:.4f} s", wanted)
        before = start
        first, last = word["char_start"], word["char_end"]
        if not 0 <= place <= first <= last <= len(text):
            wanted = f"in order, inside the text of {len(text)} characters"
            return Fault("words", i, f"{word['word']!r} at characters {first} to {last}", wanted)
        place = first  # words that reading aloud adds, such as the "to" of "1957-61", stand for nothing
        alike += _letters(word["word"]) == _letters(text[first:last])
    if len(words) >= LEAST_WORDS and alike < LEAST_SHARE_ALIKE * len(words):
        return Fault("words", i, f"{alike} of {len(words)} words point to their own letters", "most of them")
    return None


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
