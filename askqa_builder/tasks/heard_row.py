"""A row as tasks see it: its texts and times, as far as they are heard.

Texts are as they are written ("1986"), not as they are spoken, but without what is not spoken at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from askqa_builder.hearing.heard import Heard, Moment, Span
from askqa_builder.hearing.row_times import Row, Word, turn_samples, words_of
from askqa_builder.tasks.spoken_part import WORD, Characters, unspoken_words, without


class HeardRow:
    """A row, what is heard of it, and the split it is in."""

    def __init__(self, row: Row, heard: Heard, split: str) -> None:
        self.row = row
        self.heard = heard
        self.split = split
        self._texts: dict[int, str] = {}
        self._unspoken: dict[int, list[Characters]] = {}

    @cached_property
    def turns(self) -> list[int]:
        """The turns of which something is heard, in order."""
        return [turn for turn, characters in enumerate(self.heard.characters) if characters is not None]

    def text(self, turn: int) -> str:
        """Return a turn's text as far as it is heard; empty where it is not."""
        if turn not in self._texts:
            self._texts[turn] = self._text(turn)
        return self._texts[turn]

    def unspoken(self, turn: int) -> list[Characters]:
        """Return the words of a turn's text, as characters of it, that are not spoken."""
        if turn not in self._unspoken:
            self._unspoken[turn] = unspoken_words(self.row, turn)
        return self._unspoken[turn]

    def role(self, turn: int) -> str:
        """Return who speaks in a turn."""
        role: str = self.row["turns"][turn]["role"]
        return role

    def turns_of(self, role: str) -> list[int]:
        """Return the turns of a role of which something is heard."""
        return [turn for turn in self.turns if self.role(turn) == role]

    def turn_moments(self, turn: int) -> list[Moment]:
        """Return when a turn is heard: in as many parts as it is cut into."""
        return self.heard.moments(turn_samples(self.row, turn))

    @cached_property
    def words(self) -> dict[int, list[Word]]:
        """The words of each turn that are heard whole in one clip, in order; none where the engine gave none."""
        return {turn: [w for w in words_of(self.row, turn) if self._is_heard(w)] for turn in self.turns}

    @cached_property
    def plain_text(self) -> str:
        """All that is heard, as `plain` has it, each turn closed by a mark: for looking words up."""
        return "".join(f" {plain(self.text(turn))} |" for turn in self.turns)

    def occurrences(self, phrase: str) -> int:
        """Count how often some words are heard, whatever their case and punctuation."""
        wanted = re.escape(f" {plain(phrase)} ")
        return sum(1 for _ in re.finditer(f"(?={wanted})", self.plain_text))  # "no no no no no" has "no no no no" twice

    def span_of(self, turn: int, char_start: int, char_end: int) -> Span | None:
        """Return the samples in which these characters of a turn are heard; None where they are not all timed."""
        inside = [w for w in self.words[turn] if char_start <= w.char_start and w.char_end <= char_end]
        if not inside or not _covers(self.row["turns"][turn]["text"], inside, char_start, char_end):
            return None
        return min(word.start for word in inside), max(word.end for word in inside)

    def _text(self, turn: int) -> str:
        characters = self.heard.characters[turn]
        if characters is None:
            return ""
        first, last = characters
        unspoken = [
            (start - first, end - first) for start, end in self.unspoken(turn) if first <= start and end <= last
        ]
        text: str = self.row["turns"][turn]["text"][first:last]
        spoken: str = self.row["turns"][turn]["spoken_text"]
        return _without_marks(without(text, unspoken), spoken).strip()

    def _is_heard(self, word: Word) -> bool:
        return self.heard.moment((word.start, word.end)) is not None


def plain(text: str) -> str:
    """Return letters and digits of a text in lower case, its words parted by single spaces."""
    return " ".join(WORD.findall(text.lower()))


def one_line(text: str) -> str:
    """Return a text with single spaces for all its white space."""
    return " ".join(text.split())


def tidied(text: str) -> str:
    """Return a text as prompts show it: in one line, without bullets and without backslashes at its end."""
    return one_line(_without_marks(text, ""))


def _without_marks(text: str, spoken: str) -> str:
    """Return a text without bullets, and without backslashes at its end, where nobody speaks them."""
    if "•" not in spoken:
        text = re.sub(r"•\s*", "", text)
    return text if "\\" in spoken else re.sub(r"[\\\s]+$", "", text)


def _covers(text: str, words: Sequence[Word], char_start: int, char_end: int) -> bool:
    """Tell whether nothing that is pronounced stands before the first word or after the last."""
    first, last = min(w.char_start for w in words), max(w.char_end for w in words)
    return not WORD.search(text, char_start, first) and not WORD.search(text, last, char_end)
