"""Text to tokens, and which tokens a word became."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askqa_builder.speech.engines.espeak.phonemes import Phonemizer
from askqa_builder.speech.pieces import split_sentences
from askqa_builder.speech.reading import read_aloud

pytest.importorskip("coqpit", reason="the coqui extra is not installed")


def tokenizer_of(checkpoint: Path) -> Any:
    from askqa_builder.speech.engines.coqui.library import local_model, read_config, require_coqui

    require_coqui()
    from askqa_builder.speech.engines.coqui.vits_tokens import VitsTokenizer

    return VitsTokenizer(read_config(local_model(str(checkpoint), None, None)))


@pytest.fixture(scope="module")
def tokenizer(random_vits: Path) -> Any:
    return tokenizer_of(random_vits)


def sounds(tokenizer: Any, text: str) -> dict[str, str]:
    """Each word with the symbols of its tokens."""
    tokens = tokenizer.tokens(text)
    characters = tokenizer._tokenizer.characters
    return {
        text[word.char_start : word.char_end]: "".join(
            characters.id_to_char(token)
            for token in tokens.ids[word.first : word.last]
            if token != characters.char_to_id(characters.blank)
        )
        for word in tokens.words
    }


def test_ids_are_those_of_coquis_tokenizer(tokenizer: Any, demo_file: Path) -> None:
    for item in json.loads(demo_file.read_text("utf-8"))["data"]:
        text = read_aloud(item["story"]).text
        assert list(tokenizer.tokens(text).ids) == tokenizer._tokenizer.text_to_ids(text, language="en")


def test_each_word_has_its_own_sounds(tokenizer: Any) -> None:
    found = sounds(tokenizer, "The doctor's brother, a tall man, has slept.")
    alone = {word: Phonemizer("en-us").phonemes(word) for word in ("doctor's", "brother", "tall", "man", "slept")}
    assert list(found) == ["The", "doctor's", "brother", "a", "tall", "man", "has", "slept"]
    assert {word: found[word] for word in alone} == alone


def test_words_that_espeak_joins_are_told_apart(tokenizer: Any) -> None:
    found = sounds(tokenizer, "One of the boys used to be a part of it.")
    assert found["of"] == "ʌv"
    assert found["the"] == "ðə"
    assert found["boys"] == "bˈɔɪz"
    assert found["it"] == "ɪt"


def test_words_that_a_cleaner_or_espeak_divides_stay_whole(tokenizer: Any) -> None:
    found = sounds(tokenizer, "Mr. Hill's well-known cat is 12.")
    assert found["Mr"] == "mˈɪstɚ"
    assert found["well-known"].replace(" ", "") == "wˈɛlnˈoʊn"
    assert found["12"] == "twˈɛlv"


def test_pauses_are_in_no_word(tokenizer: Any) -> None:
    found = sounds(tokenizer, "Well, yes; no: go.")
    assert not set("".join(found.values())) & set(",;:.")


def test_letters_as_tokens(tmp_path: Path) -> None:
    from random_vits import write_random_vits

    found = sounds(tokenizer_of(write_random_vits(tmp_path, phonemes=False)), "Go on, Tom.")
    assert found == {"Go": "go", "on": "on", "Tom": "tom"}


@pytest.mark.parametrize("text", ["...", "?!", "- -", "   "])
def test_a_text_without_sounds_has_no_tokens(tokenizer: Any, text: str) -> None:
    assert tokenizer.tokens(text).ids == ()


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=120))
def test_words_lie_in_order_in_the_text_and_share_no_token(tokenizer: Any, text: str) -> None:
    tokens = tokenizer.tokens(text)
    before = token = 0
    for word in tokens.words:
        assert before <= word.char_start < word.char_end <= len(text)
        assert token <= word.first < word.last <= len(tokens.ids)
        before, token = word.char_end, word.last


def test_every_word_of_real_stories_has_a_time(tokenizer: Any, abg_coqa_folder: Path) -> None:
    items = json.loads((abg_coqa_folder / "coqa_abg_test.json").read_text("utf-8"))["data"]
    words = timed = 0
    for item in items[::50]:
        text = read_aloud(item["story"]).text
        for start, end in split_sentences(text, 300):
            sentence = text[start:end]
            words += sum(any(c.isalnum() for c in word) for word in sentence.split())
            timed += len(tokenizer.tokens(sentence).words)
    assert timed >= 0.998 * words
