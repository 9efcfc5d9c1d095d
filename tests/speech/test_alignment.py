"""Forced alignment against the times that flite and espeak themselves give."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from askqa_builder.errors import UsageError
from askqa_builder.speech.aligners.letters import sound_out
from askqa_builder.speech.alignment import Aligner, load_aligner
from askqa_builder.speech.engine import Engine, Speech, Utterance, WordTime
from askqa_builder.speech.engines.flite import FliteEngine

TEXT = (
    "My aunt Ruth has run the bakery beside the pier for thirty years, and she knows everybody who steps ashore. "
    "One grey morning a boy came in with a wooden box under his arm, dripping wet, and asked for nothing. "
    "Was he lost? Nobody knew what was in the box."
)
UNKNOWN = "Zbigniew asked the blorps of Xinjiang for 15 well-known thwaites. They sold them to Ouagadougou in May."


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    pytest.importorskip("pocketsphinx", reason="the align extra is not installed")
    return load_aligner("pocketsphinx")


@pytest.fixture(scope="module")
def flite() -> FliteEngine:
    return FliteEngine()


def spoken(engine: Engine, text: str, voice: str) -> Speech:
    (speech,) = engine.speak([Utterance(text, voice, seed=1)])
    assert isinstance(speech, Speech)
    return speech


def errors_ms(speech: Speech, found: Sequence[WordTime]) -> np.ndarray:
    """Start of each word found minus the engine's own, ms; words are told by their characters."""
    own: dict[int, WordTime] = {}
    for word in speech.words:
        own.setdefault(word.char_start, word)
    starts = [(word.start, own[word.char_start].start) for word in found if word.char_start in own]
    assert len(starts) > 0.9 * len(own)
    return np.array([(start - expected) * 1000 / speech.sample_rate for start, expected in starts])


@pytest.mark.parametrize("voice", ["slt", "rms", "awb", "kal16"])
def test_the_words_of_flite_are_found_where_flite_says_they_are(
    aligner: Aligner, flite: FliteEngine, voice: str
) -> None:
    speech = spoken(flite, TEXT, voice)
    found = aligner.align(replace(speech, words=()), TEXT)
    assert [TEXT[word.char_start : word.char_end] for word in found] == re.findall(r"\w+", TEXT)
    errors = errors_ms(speech, found)
    assert np.median(np.abs(errors)) <= 15
    assert abs(np.median(errors)) <= 10
    assert np.percentile(np.abs(errors), 90) <= 60


def test_words_that_no_dictionary_has(aligner: Aligner, flite: FliteEngine) -> None:
    speech = spoken(flite, UNKNOWN, "rms")
    found = aligner.align(speech, UNKNOWN)
    assert len(found) == len(UNKNOWN.split())
    assert np.median(np.abs(errors_ms(speech, found))) <= 15


def test_times_are_in_the_speech_s_own_rate(aligner: Aligner) -> None:
    pytest.importorskip("espeakng_loader")
    from askqa_builder.speech.engines.espeak.engine import EspeakEngine

    engine = EspeakEngine()
    speech = spoken(engine, TEXT, "en-gb+f2")
    engine.close()
    assert speech.sample_rate == 22050
    assert np.median(np.abs(errors_ms(speech, aligner.align(speech, TEXT)))) <= 15


def test_a_call_does_not_depend_on_those_before(aligner: Aligner, flite: FliteEngine) -> None:
    one, other = spoken(flite, TEXT, "rms"), spoken(flite, UNKNOWN, "slt")
    first = aligner.align(one, TEXT)
    aligner.align(other, UNKNOWN)
    aligner.align(other, TEXT)  # which it does not say
    assert aligner.align(one, TEXT) == first
    for voice in ("slt", "kal16", "awb"):  # whose noises differ
        aligner.align(spoken(flite, TEXT, voice), TEXT)
        assert aligner.align(one, TEXT) == first, voice


def test_words_lie_in_order_inside_the_speech(aligner: Aligner, flite: FliteEngine) -> None:
    for text in ("Yes.", "A.", "U.S. No. 5,", "O'Hara's 'tis rock-'n'-roll B B C x-ray 3rd 1,000.5 a1b2"):
        speech = spoken(flite, text, "kal16")
        cursor = 0
        for word in aligner.align(speech, text):
            assert cursor <= word.start < word.end <= len(speech.samples)
            assert 0 <= word.char_start < word.char_end <= len(text)
            cursor = word.end


def test_speech_that_cannot_hold_the_words_gives_none(aligner: Aligner) -> None:
    assert aligner.align(Speech(np.zeros(1600, np.float32), 16000), TEXT) == ()
    assert aligner.align(Speech(np.zeros(16000, np.float32), 16000), "...") == ()


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("blake", "B L EY K"),
        ("xinji", "K S IH N JH IY"),
        ("cimbo", "S IH M B OW"),
        ("b", "B IY"),
        ("cnn", "S IY EH N EH N"),
        ("thwaite", "TH W EY T"),
        ("e", "IY"),
    ],
)
def test_spellings_sound(word: str, phones: str) -> None:
    assert sound_out(word) == phones


def test_only_letters_can_be_sounded_out() -> None:
    with pytest.raises(ValueError, match="letters a to z"):
        sound_out("3rd")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    load_aligner.cache_clear()
    with pytest.raises(UsageError, match=r"askqa-builder\[align\]"):
        load_aligner("pocketsphinx")
    load_aligner.cache_clear()
