from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from askqa_builder.speech.reading import read_aloud
from askqa_builder.speech.reading.finishing import LONGEST_WORD

ANYTHING = st.text(st.characters(), max_size=60) | st.text(
    "$£€¥0123456789.,- _stndrh\n%½×\u200b\ud800’“…—", max_size=40
)
TOKENS = st.lists(
    st.sampled_from(
        [
            *"-—–.,:;!?/\\()[]&#%+=*_ \n'\"", "7", "1/2", "2½", "007", "$", "£5.20", "1957", "-61", "59-8", "'60s",
            "1st", "II", "VIII", "World War ", "CHAPTER ", "King George ", "U.S.", "CNN", "Mr.", "St.", "p.m.", "10:30",
            "Jan. 5, ", "1.5 million", "ca. ", "No. ", "p. ", "AD 79", "12/25/1999", "5'11\"", "°C", "km", "mph", "x",
            "a@b.com", "Ã©", "â€™", "___", "[ˈfoʊ]",
        ]
    ),
    max_size=12,
).map("".join)  # fmt: skip
"""What rules look for, in any order."""

WORDS = st.lists(st.from_regex(r"[b-df]{3,9}", fullmatch=True), min_size=1, max_size=8)


@settings(max_examples=600, deadline=None)
@given(ANYTHING | TOKENS)
@example("\x00")
@example("\ud800\udfff")
@example("שָׁלוֹם مرحبا ٣٤٥")
@example("👩‍👩‍👧 🇩🇪 ①②")
@example("9" * 5000)
@example("$" + "1," * 300)
@example("\u2028\u2029\x85\x1c")
def test_any_text_becomes_printable_ascii_with_spans(source: str) -> None:
    spoken = read_aloud(source)
    assert re.fullmatch(r"[\x20-\x7e]*", spoken.text)
    assert spoken.text == spoken.text.strip()
    assert "  " not in spoken.text
    assert spoken.text == "" or any(character.isalnum() for character in spoken.text)
    assert all(len(word) <= LONGEST_WORD for word in spoken.text.split())
    assert len(spoken.text) == len(spoken.starts) == len(spoken.ends)
    assert list(spoken.starts) == sorted(spoken.starts)
    assert list(spoken.ends) == sorted(spoken.ends)
    assert all(0 <= a <= b <= len(source) for a, b in zip(spoken.starts, spoken.ends, strict=True))


@given(WORDS, st.sampled_from([" 1986 ", " $5.20 ", " — ", " “ü” ", "\u200b ", " & ", "\n\n", " ___ ", " 50% "]))
def test_words_left_alone_point_at_themselves(words: list[str], between: str) -> None:
    source = between.join(words)
    spoken = read_aloud(source)
    cursor = cursor_in_source = 0
    for word in words:
        at, at_source = spoken.text.index(word, cursor), source.index(word, cursor_in_source)
        while spoken.starts[at] != at_source:  # the same letters inside a number's words
            at = spoken.text.index(word, at + 1)
        assert spoken.source_span(at, at + len(word)) == (at_source, at_source + len(word))
        cursor, cursor_in_source = at + len(word), at_source + len(word)


@given(st.from_regex(r"[A-Z]?[a-z]{2,30}", fullmatch=True))
def test_plain_words_are_not_changed(word: str) -> None:
    assert read_aloud(f"Then {word} sat, still.").text == f"Then {word} sat, still."


@pytest.mark.parametrize(
    ("source", "spoken", "stands_for"),
    [
        ("He paid $5.2 million for it", "million", "$5.2 million"),
        ("He paid $5.2 million for it", "dollars", "$5.2 million"),
        ("He paid $5.2 million for it", "for", "for"),
        ("born in 1986, he", "eighty", "1986"),
        ("born in 1986, he", "he", "he"),
        ("Café “Blau” today", "Cafe", "Café"),
        ("Café “Blau” today", "Blau", "Blau"),
        ("up 50% -- again", "percent", "%"),
        ("up 50% -- again", "again", "again"),
        ("fill ___ in", "blank", "___"),
        ("Title\n\nText", "Text", "Text"),
    ],
)
def test_what_a_word_stands_for(source: str, spoken: str, stands_for: str) -> None:
    text = read_aloud(source)
    place = re.search(rf"\b{spoken}\b", text.text)
    assert place is not None
    start, end = text.source_span(*place.span())
    assert source[start:end] == stands_for


@pytest.mark.parametrize(
    "unit", [" ", "\n", "\u00a0", "1", "1,", "1.", "123,", "1999,", "-", " -", "$", ", ", "—", "9th", "x\n\n"]
)
def test_long_runs_are_read_in_linear_steps(unit: str) -> None:
    """Patterns that rescan a run take minutes on a story of nothing else; the time-out is the test runner's."""
    story = f"a{unit * (20_000 // len(unit))}b"
    spoken = read_aloud(story)
    assert spoken.text.startswith("a")
    assert spoken.text.endswith("b.")
