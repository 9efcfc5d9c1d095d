"""XTTS speaks through Coqui's own classes, with small random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askqa_builder.errors import SpeechError
from askqa_builder.speech.engine import Speech, Utterance, load_engine
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.pieces import SENTENCE_PAUSE, split_text
from askqa_builder.speech.reading import read_aloud
from askqa_builder.voices.voice import Controls

pytest.importorskip("TTS", reason="the extra [coqui] is not installed")

from tiny_xtts import SAMPLE_RATE, SPEAKERS, change_weights, write_tiny_xtts
from xtts_speech import ANA, CAMILLA, DECODER, SHORT, SPARSE, counted, fails, same, say

from askqa_builder.speech.engines.coqui.xtts_engine import TRIES, XttsEngine
from askqa_builder.speech.plausible import plausible_seconds

# --- what it says of itself ---


def test_it_is_the_engine_registered_as_xtts(folder: Path) -> None:
    engine = load_engine("xtts", {"model_path": str(folder), "licence": "CPML"}, device="cpu")
    assert isinstance(engine, XttsEngine)
    info = engine.info
    assert (info.name, info.library, info.model) == ("xtts", "coqui-tts", "tiny")
    assert info.licence == "CPML: non-commercial use only, its speech included (model); MPL-2.0 (library)"
    assert "transformers" in info.version
    assert (info.sample_rate, info.numeric_mode, info.pace.apart) == (SAMPLE_RATE, "cpu-float32", False)
    engine.close()


def test_nobody_vouches_for_its_speakers(engine: XttsEngine) -> None:
    assert tuple(engine.voices) == SPEAKERS
    for voice in engine.voices.values():
        assert (voice.gender, voice.accent, voice.metadata_source) == (None, None, "unknown")
        assert voice.controls == Controls(rate=None, pitch=None, word_times=False)


def test_a_model_without_a_stated_licence_says_what_it_may_be(engine: XttsEngine) -> None:
    assert engine.info.licence.startswith("unknown, or if it comes from XTTS v2 CPML: non-commercial")


def test_whatever_changes_samples_changes_the_revision(folder: Path, engine: XttsEngine, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    assert XttsEngine(model_path=str(copy / "model.pth")).info.revision == engine.info.revision
    vocabulary = json.loads((copy / "vocab.json").read_text("utf-8"))
    (copy / "vocab.json").write_text(json.dumps({**vocabulary, "truncation": None}, indent=1), "utf-8")
    assert XttsEngine(model_path=str(copy)).info.revision != engine.info.revision


def test_nothing_is_loaded_before_it_speaks(folder: Path) -> None:
    engine = XttsEngine(model_path=str(folder))
    assert engine.voices
    assert engine.info
    assert engine._model is None
    (speech,) = say(engine, Utterance(SHORT, ANA, seed=1))
    engine.close()
    assert engine._model is None
    assert same(say(engine, Utterance(SHORT, ANA, seed=1))[0], speech)


# --- the same utterance gives the same samples ---


def test_alone_in_a_batch_and_after_others(engine: XttsEngine, folder: Path) -> None:
    wanted = Utterance(SHORT, CAMILLA, seed=2**52 + 5)
    others = [Utterance("Yes, of course.", voice, seed=9) for voice in SPEAKERS[:2]]
    (alone,) = say(engine, wanted)
    assert alone.samples.dtype == np.float32
    assert alone.sample_rate == SAMPLE_RATE
    assert same(say(engine, *others, wanted)[-1], alone)
    assert same(say(engine, wanted, *reversed(others))[0], alone)
    assert same(say(XttsEngine(model_path=str(folder)), wanted)[0], alone)


def test_seed_text_and_voice_change_the_samples(engine: XttsEngine) -> None:
    one, *others = say(
        engine,
        Utterance(SHORT, ANA, seed=1),
        Utterance(SHORT, ANA, seed=2),
        Utterance(SHORT, CAMILLA, seed=1),
        Utterance("We met a bear.", ANA, seed=1),
    )
    assert not any(same(one, other) for other in others)


def test_the_callers_random_numbers_are_neither_used_nor_changed(folder: Path) -> None:
    import torch

    spoken = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        spoken += say(XttsEngine(model_path=str(folder)), Utterance(SHORT, ANA, seed=4))
        assert torch.equal(torch.get_rng_state(), before)
    assert same(*spoken)


def test_rate_and_pitch_are_left_to_others(engine: XttsEngine) -> None:
    plain, other = say(engine, Utterance(SHORT, ANA, seed=1), Utterance(SHORT, ANA, rate=1.3, pitch=2.0, seed=1))
    assert same(plain, other)


def test_sampling_can_be_changed(engine: XttsEngine, folder: Path) -> None:
    cooler = XttsEngine(model_path=str(folder), sampling={"temperature": 0.9, "top_k": 20})
    wanted = Utterance(SHORT, ANA, seed=1)
    assert not same(say(engine, wanted)[0], say(cooler, wanted)[0])


# --- hallucination ---


def test_what_is_too_short_or_too_long_is_spoken_again(engine: XttsEngine) -> None:
    """Lengths are geometrically distributed: half of the tries for 18 letters are under 0.6 s."""
    text = "What did the old man do?"
    shortest, longest = plausible_seconds(sum(map(str.isalnum, text)))
    tries = []
    for seed in range(8):
        with counted(engine, DECODER) as calls:
            (answer,) = engine.speak([Utterance(text, ANA, seed=seed)])
        tries.append(len(calls))
        plausible = [shortest * SAMPLE_RATE <= samples < longest * SAMPLE_RATE for samples in calls]
        assert not any(plausible[:-1])
        if isinstance(answer, Speech):
            assert plausible[-1]
            assert len(answer.samples) == calls[-1]
        else:
            assert not plausible[-1]
            assert len(calls) == TRIES
    assert set(tries) > {1, 2}


def test_speech_that_does_not_end_is_cut_off_and_given_up(endless: XttsEngine) -> None:
    with counted(endless, DECODER) as calls:
        message = fails(endless, "Yes.")
    assert "'Yes.' is not spoken in 0.1 to 1.9 s after 4 tries (no end within 1.9 s, " in message
    assert len(calls) == TRIES
    assert max(calls) < 2.0 * SAMPLE_RATE


def test_the_models_own_limit_is_no_end_of_speech(tmp_path: Path) -> None:
    """By the rule "Yes." may last longer than this model's tokens, beyond which it has no positions."""
    folder = write_tiny_xtts(tmp_path / "tiny", stop=0.0, audio_tokens_at_once=15)
    assert "no end within 0.6 s" in fails(XttsEngine(model_path=str(folder)), "Yes.")


def test_speech_that_ends_at_once_is_given_up(tmp_path: Path) -> None:
    engine = XttsEngine(model_path=str(write_tiny_xtts(tmp_path / "tiny", stop=1.0)))
    assert "after 4 tries (only 0.0 s, " in fails(engine, SHORT)


@pytest.mark.parametrize("value", [float("nan"), 0.0])
def test_what_is_no_sound_is_given_up(tmp_path: Path, value: float) -> None:
    folder = write_tiny_xtts(tmp_path / "tiny", stop=1 / 10)
    change_weights(folder, "hifigan_decoder.waveform_decoder.conv_post.weight", value)
    assert "no sound" in fails(XttsEngine(model_path=str(folder)), "Yes.", seed=3)


def test_a_failure_costs_itself_only(engine: XttsEngine) -> None:
    good = Utterance(SHORT, ANA, seed=4)
    before, refused, after = engine.speak([good, Utterance("...", ANA), good])
    assert isinstance(refused, SpeechError)
    assert isinstance(before, Speech)
    assert isinstance(after, Speech)
    assert same(before, after)


@pytest.mark.parametrize("text", ["...", "- - -", '""', "", "  "])
def test_nothing_is_made_of_nothing(engine: XttsEngine, text: str) -> None:
    with counted(engine, DECODER) as calls:
        assert "nothing in the text" in fails(engine, text)
    assert not calls


@pytest.mark.parametrize("text", ["9" * 240, "1234567 " * 30])
def test_numbers_beyond_the_models_tokens_are_refused(engine: XttsEngine, text: str) -> None:
    assert "tokens, and the model takes 401 at once" in fails(engine, text)


def test_the_rule_of_lengths_holds_for_real_speech(demo_items: list[dict[str, Any]]) -> None:
    texts = {item["story"] for item in demo_items}
    texts |= {turn[key] for item in demo_items for turn in item["history_turns"] for key in ("question", "answer")}
    flite = FliteEngine()
    for text in sorted(texts):
        spoken = read_aloud(text).text
        for start, end in split_text(spoken, 250):
            piece = spoken[start:end]
            for rate in (0.8, 1.2):
                (speech,) = flite.speak([Utterance(piece, "kal16", rate=rate)])
                assert isinstance(speech, Speech)
                shortest, longest = plausible_seconds(sum(map(str.isalnum, piece)))
                assert shortest < len(speech.samples) / speech.sample_rate < longest, piece


# --- long texts ---


def test_a_long_text_is_spoken_in_pieces(engine: XttsEngine) -> None:
    assert 200 < len(SPARSE) <= 250
    text = f"{SPARSE} {SPARSE}"
    with counted(engine, DECODER) as calls:
        (speech,) = say(engine, Utterance(text, ANA, seed=3))
    (first,) = say(engine, Utterance(SPARSE, ANA, seed=3))
    length = len(first.samples)
    assert np.array_equal(speech.samples[:length], first.samples)
    # the pause between two sentences, with what the model itself is silent
    gap = len(speech.samples) - length - calls[-1]
    assert 0 < gap <= SENTENCE_PAUSE * SAMPLE_RATE
    assert not speech.samples[length : length + gap].any()
    assert speech.samples[length + gap :].any()


def test_a_text_within_the_limit_is_spoken_at_once(engine: XttsEngine) -> None:
    with counted(engine, DECODER) as calls:
        (speech,) = say(engine, Utterance("Yes. No. We did.", ANA, seed=5))
    assert calls[-1] == len(speech.samples)
