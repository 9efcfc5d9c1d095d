from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import parselmouth
import pytest

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.speech import psola
from askqa_builder.speech.engine import Engine, EngineInfo, Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.pauses import stretch_pauses
from askqa_builder.speech.prosody import add_prosody, native_part, speak_native
from askqa_builder.voices.emotion import Affect
from askqa_builder.voices.voice import Controls, Voice

STORY = "The old man walked slowly down to the harbour, where three small boats were waiting."

PAUSED = "The old man walked slowly down. There, at the harbour, three small boats were waiting."


class Uncontrolled:
    """flite's kal16 without any control of its own: speaks as it always does and says when."""

    def __init__(self, flite: FliteEngine) -> None:
        self._flite = flite
        self.asked: list[Utterance] = []

    @property
    def info(self) -> EngineInfo:
        return replace(self._flite.info, name="uncontrolled")

    @property
    def voices(self) -> Mapping[str, Voice]:
        plain = Controls(rate=None, pitch=None, word_times=True)
        return {"kal16": replace(self._flite.voices["kal16"], controls=plain)}

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        self.asked += batch
        return self._flite.speak([replace(utterance, rate=1.0, pitch=0.0) for utterance in batch])

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def flite() -> FliteEngine:
    return FliteEngine()


@pytest.fixture
def uncontrolled(flite: FliteEngine) -> Uncontrolled:
    return Uncontrolled(flite)


def speak(engine: Engine, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
    """Both parts, as a build does them one after the other."""
    return [
        speech if isinstance(speech, SpeechError) else add_prosody(speech, asked, engine.voices[asked.voice].controls)
        for speech, asked in zip(speak_native(engine, batch), batch, strict=True)
    ]


def say(engine: Engine, *batch: Utterance) -> list[Speech]:
    answers = speak(engine, batch)
    for answer in answers:
        assert isinstance(answer, Speech), answer
    return answers


def median_f0(speech: Speech) -> float:
    pitch = parselmouth.Sound(speech.samples.astype(float), speech.sample_rate).to_pitch(0.01, 60, 450)
    f0 = pitch.selected_array["frequency"]
    return float(np.median(f0[f0 > 0]))


def semitones(one: Speech, other: Speech) -> float:
    return float(12 * np.log2(median_f0(other) / median_f0(one)))


class Half(Uncontrolled):
    """kal16 with control of rates from 0.9 to 1.1 and pitches from -1 to 1."""

    @property
    def voices(self) -> Mapping[str, Voice]:
        some = Controls(rate=(0.9, 1.1), pitch=(-1.0, 1.0), word_times=True)
        return {"kal16": replace(self._flite.voices["kal16"], controls=some)}

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        self.asked += batch
        return self._flite.speak(batch)


@pytest.mark.parametrize(("rate", "pitch"), [(1.3, 3.0), (0.75, -3.0)])
def test_what_is_beyond_an_engines_control_is_added(flite: FliteEngine, rate: float, pitch: float) -> None:
    half = Half(flite)
    plain, changed = say(half, Utterance(STORY, "kal16"), Utterance(STORY, "kal16", rate, pitch))
    inside = half.asked[1]
    assert (inside.rate, inside.pitch) == ((1.1, 1.0) if rate > 1 else (0.9, -1.0))
    assert len(plain.samples) / len(changed.samples) == pytest.approx(rate, rel=0.03)
    assert semitones(plain, changed) == pytest.approx(pitch, abs=0.4)


@pytest.mark.parametrize("voice", ["slt", "awb", "kal16"])
def test_what_a_voice_controls_it_does_itself(flite: FliteEngine, voice: str) -> None:
    utterance = Utterance(STORY, voice, rate=1.2, pitch=2.0, seed=3)
    (through,) = say(flite, utterance)
    (direct,) = flite.speak([utterance])
    assert isinstance(direct, Speech)
    assert np.array_equal(through.samples, direct.samples)
    assert through.words == direct.words


@pytest.mark.parametrize("pitch", [-3.0, 3.0])
def test_rms_gets_its_rate_from_flite_and_its_pitch_after(flite: FliteEngine, pitch: float) -> None:
    asked = Utterance(STORY, "rms", rate=1.2, pitch=pitch, seed=3)
    (shifted,) = say(flite, asked)
    (plain,) = say(flite, replace(asked, pitch=0.0))
    assert np.array_equal(shifted.samples, psola.modify(plain.samples, plain.sample_rate, pitch=pitch))
    assert shifted.words == plain.words
    assert semitones(plain, shifted) == pytest.approx(pitch, abs=0.5)


@pytest.mark.parametrize("rate", [0.7, 0.9, 1.3])
def test_word_times_follow_an_added_rate(uncontrolled: Uncontrolled, rate: float) -> None:
    plain, changed = say(uncontrolled, Utterance(STORY, "kal16"), Utterance(STORY, "kal16", rate=rate))
    assert len(changed.samples) == pytest.approx(len(plain.samples) / rate, abs=1)
    assert len(changed.words) == len(plain.words) == len(STORY.split())
    cursor = 0
    power = np.square(changed.samples)
    for before, after in zip(plain.words, changed.words, strict=True):
        assert (after.char_start, after.char_end) == (before.char_start, before.char_end)
        assert after.start == pytest.approx(before.start / rate, abs=1)
        assert after.end == pytest.approx(before.end / rate, abs=1)
        assert cursor <= after.start < after.end <= len(changed.samples)
        cursor = after.end
        assert np.mean(power[after.start : after.end]) > 0.01 * np.mean(power)


def test_pitch_and_rate_are_added_together(uncontrolled: Uncontrolled) -> None:
    plain, changed = say(uncontrolled, Utterance(STORY, "kal16"), Utterance(STORY, "kal16", rate=1.2, pitch=2.0))
    assert len(plain.samples) / len(changed.samples) == pytest.approx(1.2, rel=0.001)
    assert semitones(plain, changed) == pytest.approx(2.0, abs=0.5)


def test_range_and_pauses_are_added_after_what_the_voice_does_itself(flite: FliteEngine) -> None:
    asked = Utterance(PAUSED, "kal16", rate=1.1, pitch=1.0, seed=3)
    (plain,) = say(flite, asked)
    (styled,) = say(flite, replace(asked, pitch_range=1.5, pauses=2.0))
    wider = psola.modify(plain.samples, plain.sample_rate, pitch_range=1.5)
    expected = stretch_pauses(Speech(wider, plain.sample_rate, plain.words), 2.0)
    assert np.array_equal(styled.samples, expected.samples)
    assert styled.words == expected.words
    assert len(styled.samples) > len(plain.samples) + 0.2 * plain.sample_rate


def test_words_follow_rate_and_pauses_together(uncontrolled: Uncontrolled) -> None:
    asked = Utterance(PAUSED, "kal16", rate=0.8, pitch=1.0, pitch_range=1.3, pauses=2.0, seed=3)
    plain, styled = say(uncontrolled, Utterance(PAUSED, "kal16", seed=3), asked)
    assert uncontrolled.asked[1] == Utterance(PAUSED, "kal16", seed=3)
    power = np.square(styled.samples)
    later = 0
    for before, after in zip(plain.words, styled.words, strict=True):
        assert after.end <= len(styled.samples)
        assert after.end - after.start >= (before.end - before.start) / 0.8 - 2
        delay = after.start - round(before.start / 0.8)
        assert delay >= later - 2
        later = delay
        assert np.mean(power[after.start : after.end]) > 0.01 * np.mean(power)
    assert later > 0.2 * styled.sample_rate


def test_an_engine_is_never_asked_for_what_it_lacks(uncontrolled: Uncontrolled) -> None:
    say(uncontrolled, Utterance(STORY, "kal16", rate=1.2, pitch=2.0, seed=4))
    assert uncontrolled.asked == [Utterance(STORY, "kal16", seed=4)]


def test_nothing_is_done_where_nothing_is_asked(uncontrolled: Uncontrolled, flite: FliteEngine) -> None:
    (through,) = say(uncontrolled, Utterance(STORY, "kal16", seed=4))
    (direct,) = flite.speak([Utterance(STORY, "kal16", seed=4)])
    assert isinstance(direct, Speech)
    assert np.array_equal(through.samples, direct.samples)


def test_errors_pass_through_in_their_place(uncontrolled: Uncontrolled, flite: FliteEngine) -> None:
    good = Utterance("Yes, please.", "kal16", rate=1.1, pitch=1.0)
    for engine in (uncontrolled, flite):
        first, refused, last = speak(engine, [good, replace(good, text="..."), good])
        assert isinstance(refused, SpeechError)
        assert isinstance(first, Speech)
        assert isinstance(last, Speech)
        assert np.array_equal(first.samples, last.samples)


def test_an_empty_batch_is_no_work(uncontrolled: Uncontrolled) -> None:
    assert speak(uncontrolled, []) == []


# --- emotions ---

HAPPY = Affect("happy", valence=0.9)


def test_an_emotion_reaches_a_voice_that_speaks_it() -> None:
    has = Controls(rate=None, pitch=None, word_times=False, emotions=frozenset({"happy"}))
    asked = Utterance(STORY, "v", 1.1, 2.0, pitch_range=1.5, pauses=0.8, emotion=HAPPY, instructions="Beam.")
    assert native_part(asked, has) == Utterance(STORY, "v", emotion=HAPPY, instructions="Beam.")


def test_what_is_told_without_an_emotion_goes_no_further() -> None:
    has = Controls(rate=None, pitch=None, word_times=False, emotions=frozenset({"happy"}))
    assert native_part(Utterance(STORY, "v", instructions="Beam."), has) == Utterance(STORY, "v")


@pytest.mark.parametrize(("emotion", "told"), [(Affect("sad"), "'sad'"), (Affect(valence=0.9), "without a category")])
def test_an_emotion_that_a_voice_does_not_speak_is_never_left_out(
    uncontrolled: Uncontrolled, emotion: Affect, told: str
) -> None:
    with pytest.raises(UsageError, match=f"voice 'kal16' cannot speak .*{told}"):
        speak_native(uncontrolled, [Utterance(STORY, "kal16", emotion=emotion)])
    assert not uncontrolled.asked
