from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.speech.engine import Speech, Utterance, load_engine
from askqa_builder.speech.letters import joined_letters


@pytest.mark.parametrize(
    ("apart", "joined"),
    [
        ("the F A A said", "the F.A.A said"),
        ("B B C T V", "B.B.C.T.V"),
        ("the C N N's man", "the C.N N's man"),
        ("my D J's here", "my D J's here"),
        ("A dog and I", "A dog and I"),
        ("A T and T", "A.T and T"),
        ("George W Hill", "George W Hill"),
        ("at six P M.", "at six P.M."),
    ],
)
def test_letters_are_joined(apart: str, joined: str) -> None:
    assert joined_letters(apart) == joined


@given(st.text("AB a'.,s", max_size=30))
def test_only_blanks_change(text: str) -> None:
    joined = joined_letters(text)
    assert len(joined) == len(text)
    assert all(a == b or (a, b) == (" ", ".") for a, b in zip(text, joined, strict=True))


@pytest.mark.parametrize("engine_name", ["flite", "espeak"])
def test_each_letter_is_a_word_with_its_time(engine_name: str) -> None:
    engine = load_engine(engine_name, {})
    text = "the F A A said that six A D was long ago."
    spoken = engine.speak([Utterance(text, next(iter(engine.voices)), seed=1)])[0]
    engine.close()
    assert isinstance(spoken, Speech)
    assert [text[word.char_start : word.char_end].rstrip(".") for word in spoken.words] == text.rstrip(".").split()
    assert all(word.start < word.end for word in spoken.words)


def test_a_letter_is_not_the_article() -> None:
    engine = load_engine("flite", {})
    apart, article = engine.speak([Utterance("the F A A said.", "slt"), Utterance("the F A a said.", "slt")])
    assert isinstance(apart, Speech)
    assert isinstance(article, Speech)
    last_letter = [word.end - word.start for word in apart.words][3]
    assert last_letter > 2 * [word.end - word.start for word in article.words][3]
    joined = engine.speak([Utterance("the F.A.A said.", "slt")])[0]
    assert isinstance(joined, Speech)
    assert np.array_equal(joined.samples, apart.samples)


def test_espeaks_phonemes_name_the_letter() -> None:
    pytest.importorskip("coqpit", reason="the coqui extra is not installed")
    from askqa_builder.speech.engines.espeak.phonemes import Phonemizer

    assert Phonemizer("en-us").phonemes(joined_letters("the F A A said")).count("eɪ") == 2
