from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.recognition.error_rate import error_rate, normalise

pytest.importorskip("jiwer", reason="the asr extra is not installed")
pytest.importorskip("whisper_normalizer", reason="the asr extra is not installed")


@pytest.mark.parametrize(
    ("spoken", "heard"),
    [
        ("C N N said so in nineteen eighty six.", "CNN said so in 1986"),
        ("C N N said so", "c. n. n. said so"),
        ("the U S and the U K", "the U.S. and the UK"),
        ("what is a C E O paid", "what is a CEO paid"),
        ("the N B A's best year", "the NBA's best year"),
        ("he is in the F B I. A man came", "he is in the FBI. A man came"),
        ("J R R Tolkien wrote it", "j. r. r. tolkien wrote it"),
        ("twenty five dollars were left", "$25 were left"),
        ("It won't be Mister Smith's colour", "it will not be mr smith's color"),
        ("Well, um, she came!", "well she came"),
    ],
)
def test_the_same_words_written_otherwise_are_no_error(spoken: str, heard: str) -> None:
    assert normalise(spoken) == normalise(heard)
    assert error_rate(spoken, heard) == 0


@pytest.mark.parametrize(
    "text", ["It is a B", "Is it a? I do not know", "Plan B it is", "She said I. I said no.", "vitamin a I take"]
)
def test_letters_that_are_words_stay_apart(text: str) -> None:
    assert [len(word) for word in normalise(text).split()] == [len(word.strip("?.")) for word in text.split()]


def test_words_are_counted_in_long_turns_and_characters_in_short_ones() -> None:
    assert error_rate("the cat sat on the mat", "the cat sat on a mat") == pytest.approx(1 / 6)
    assert error_rate("where is it now", "where is it") == pytest.approx(1 / 4)
    assert error_rate("the boat left", "the goat left") == pytest.approx(1 / 11)
    assert error_rate("a sea gull", "a seagull") == 0
    assert error_rate("yes", "") == 1
    assert error_rate("no", "nowhere at all") == 5


def test_nothing_to_compare_with_is_no_figure() -> None:
    assert error_rate("Um.", "hm") is None
    assert error_rate("...", "something") is None


@given(st.text(max_size=200))
def test_any_text_agrees_with_itself(text: str) -> None:
    assert error_rate(text, text) in (None, 0)


@given(st.text(alphabet="abc ABC.'1$", max_size=60), st.text(alphabet="abc ABC.'1$", max_size=60))
def test_rates_are_finite_and_not_negative(spoken: str, heard: str) -> None:
    rate = error_rate(spoken, heard)
    assert rate is None or 0 <= rate < 100
