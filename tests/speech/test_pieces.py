from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from askqa_builder.speech.pieces import split_text

TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300) | st.lists(
    st.sampled_from(["Yes.", "No!", "Mr.", "She said", '"Why?"', "word", "x" * 30, "U.S.", "...", "(so)", " "]),
    max_size=60,
).map(" ".join)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 120))
@example("a" * 500, 7)
@example("", 5)
@example("   ", 5)
@example("One. Two. One. Two.", 9)
def test_nothing_but_white_space_is_left_out(text: str, limit: int) -> None:
    spans = split_text(text, limit)
    cursor = 0
    for start, end in spans:
        assert cursor <= start < end
        assert end - start <= limit
        assert not text[cursor:start].strip()
        assert text[start:end] == text[start:end].strip()
        cursor = end
    assert not text[cursor:].strip()


@settings(deadline=None)
@given(st.text(max_size=80), st.integers(1, 40))
def test_any_text_is_covered(text: str, limit: int) -> None:
    spans = split_text(text, limit)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_cuts_fall_on_sentence_ends_where_they_can() -> None:
    text = "The dog barked. The cat slept! Mr. Green laughed? Nobody knew why."
    assert [text[a:b] for a, b in split_text(text, 35)] == [
        "The dog barked. The cat slept!",
        "Mr. Green laughed? Nobody knew why.",
    ]


def test_a_long_sentence_is_cut_between_words() -> None:
    text = "one two three four five six"
    assert [text[a:b] for a, b in split_text(text, 10)] == ["one two", "three four", "five six"]


def test_a_long_word_is_cut_inside() -> None:
    assert split_text("abcdefghij", 4) == [(0, 4), (4, 8), (8, 10)]


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_nothing_gives_no_piece(text: str) -> None:
    assert split_text(text, 10) == []
