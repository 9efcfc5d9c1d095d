"""Syllables of words that dictionaries have, of those that they have not, and what is not counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.speech.reading import read_aloud
from askqa_builder.speech.syllables import count_syllables, count_written_vowels

NAMES = {
    "Ouattara": 4, "Havisham": 3, "Mourinho": 3, "Johnsy": 2, "Soames": 1, "Shelli": 2, "Minaj": 2, "Bembo": 2,
    "waterboarded": 4, "Snodgrasses": 3, "Gribbles": 2, "trailed": 1, "untrellised": 3, "Maya": 2,
}  # fmt: skip
"""Mostly names, by hand."""


@pytest.mark.parametrize(
    ("text", "syllables"),
    [
        ("Yes.", 1),
        ("Unfortunately not!", 6),
        ("What's the boss's name?", 5),
        ("Who is \"Billie Holiday\"? She's forty-two, isn't she?", 14),
        ("The C N N tower", 6),
        ("W, D C.", 5),
        ("the Soames's horses", 5),
        ("nineteen eighty-six", 5),
    ],
)
def test_what_is_said_is_counted(text: str, syllables: int) -> None:
    assert count_syllables(text) == syllables


@pytest.mark.parametrize("word", NAMES)
def test_names_are_counted_by_their_spelling(word: str) -> None:
    assert count_syllables(word) == NAMES[word]


@pytest.mark.parametrize("text", ["", "...", "born in 1986", "Ж", "über alles", "co2 now", "今日は"])
def test_of_what_nobody_can_tell_there_is_no_count(text: str) -> None:
    assert count_syllables(text) is None


@pytest.mark.parametrize("text", ["born in 1986 for $3.50", "Dvořák über alles", "the CNN's No. 3, Dr. Who & co."])
def test_all_that_is_read_aloud_is_counted(text: str) -> None:
    assert (count_syllables(read_aloud(text).text) or 0) > 4


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz'", min_size=1, max_size=9), min_size=1, max_size=6))
def test_words_count_for_themselves(words: list[str]) -> None:
    each = [count_syllables(word) for word in words]
    assert count_syllables(" ".join(words)) == (sum(filter(None, each)) or None)
    assert count_syllables(" - ".join(words).upper()) == count_syllables(" ".join(words))


def test_the_rules_agree_with_another_dictionary() -> None:
    """That of pocketsphinx; what is counted with a dictionary, and what by spelling alone."""
    known = _dictionary()
    counted = sum(count_syllables(word) in found for word, found in known.items())
    spelled = sum(count_written_vowels(word) in found for word, found in known.items())
    assert counted > 0.99 * len(known)
    assert spelled > 0.91 * len(known)


def _dictionary() -> Mapping[str, set[int]]:
    """Every tenth word with its numbers of syllables, one for each pronunciation."""
    pocketsphinx = pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed")
    file = Path(pocketsphinx.__file__).parent / "model" / "en-us" / "cmudict-en-us.dict"
    found: dict[str, set[int]] = {}
    for line in file.read_text("utf-8").splitlines():
        name, *phones = line.split()
        word = re.sub(r"\(\d+\)$", "", name)
        if re.fullmatch("[a-z]+", word):
            found.setdefault(word, set()).add(sum(phone[0] in "AEIOU" for phone in phones))
    return dict(list(found.items())[::10])
