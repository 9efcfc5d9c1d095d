from __future__ import annotations

import numpy as np
import parselmouth
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from askqa_builder.recording.timeline import FULL_SCALE
from askqa_builder.recording.turn_audio import prepare_turn
from askqa_builder.recording.turn_measures import F0_SECONDS, TurnMeasures, measure_turn
from askqa_builder.speech.engine import Engine, Pcm, Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.loudness import integrated_loudness
from askqa_builder.speech.syllables import count_syllables

RATE = 16000
TEXT = "The eldest was strong, the second was clever, and the youngest was kind to every creature that he met."


def voice(f0_hz: NDArray[np.float64], rate: int = RATE, level: float = 0.2) -> Pcm:
    """A buzz with the given F0, one value per sample: twelve harmonics under a falling envelope."""
    phase = 2 * np.pi * np.cumsum(f0_hz / rate)
    buzz = sum(np.cos(k * phase) / k for k in range(1, 13))
    return np.rint(level * buzz / np.max(np.abs(buzz)) * FULL_SCALE).astype(np.int16)


def steady(hertz: float, seconds: float = 1.0, rate: int = RATE, level: float = 0.2) -> Pcm:
    return voice(np.full(round(seconds * rate), hertz), rate, level)


def silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * RATE), np.int16)


@pytest.fixture(scope="module")
def flite() -> FliteEngine:
    return FliteEngine()


def say(engine: Engine, text: str, name: str, rate: float = 1.0, pitch: float = 0.0, lufs: float = -23.0) -> Pcm:
    (speech,) = engine.speak([Utterance(text, name, rate, pitch, seed=1)])
    assert isinstance(speech, Speech)
    return prepare_turn(speech, RATE, lufs).pcm


@pytest.mark.parametrize("hertz", [75.0, 110.0, 220.0, 390.0])
@pytest.mark.parametrize("rate", [8000, 16000, 24000])
def test_a_steady_voice_has_its_f0_and_no_range(hertz: float, rate: int) -> None:
    measures = measure_turn(steady(hertz, rate=rate), rate, syllables=3)
    assert measures.f0_mean == pytest.approx(hertz, rel=0.01)
    assert measures.f0_range == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("span", [3.0, 8.0, 12.0])
def test_a_glide_has_nine_tenths_of_its_span_about_its_middle(span: float) -> None:
    glide = 120 * 2 ** (np.linspace(0, span, 2 * RATE) / 12)
    measures = measure_turn(voice(glide), RATE, syllables=3)
    assert measures.f0_range == pytest.approx(0.9 * span, abs=0.25)
    assert measures.f0_mean == pytest.approx(120 * 2 ** (span / 24), rel=0.01)


def test_a_few_octave_errors_change_neither_mean_nor_range() -> None:
    """A creaky end, whose periods come in pairs, is an octave lower for any tracker."""
    plain = measure_turn(steady(200, 2.0), RATE, syllables=3)
    creaky = measure_turn(np.concatenate((steady(200, 1.93), steady(100, 0.07))), RATE, syllables=3)
    assert creaky.f0_mean == pytest.approx(plain.f0_mean, rel=0.005)
    assert creaky.f0_range == pytest.approx(plain.f0_range, abs=0.3)


@pytest.mark.parametrize("name", ["slt", "rms", "awb", "kal16"])
def test_f0_agrees_with_praat(name: str, flite: FliteEngine) -> None:
    pcm = say(flite, TEXT, name)
    measures = measure_turn(pcm, RATE, count_syllables(TEXT))
    sound = parselmouth.Sound(pcm / FULL_SCALE, RATE)
    f0 = sound.to_pitch_ac(time_step=0.01, pitch_floor=60, pitch_ceiling=450).selected_array["frequency"]
    heights = 12 * np.log2(f0[f0 > 0])
    low, high = np.percentile(heights, (5, 95))
    mean = heights[(heights >= low) & (heights <= high)].mean()
    assert measures.f0_mean is not None
    assert 12 * np.log2(measures.f0_mean) == pytest.approx(mean, abs=0.4)
    assert measures.f0_range == pytest.approx(high - low, abs=1.0)


@pytest.mark.parametrize("name", ["slt", "awb"])
def test_what_the_voice_was_asked_for_is_measured(name: str, flite: FliteEngine) -> None:
    syllables = count_syllables(TEXT)
    plain = measure_turn(say(flite, TEXT, name), RATE, syllables)
    higher = measure_turn(say(flite, TEXT, name, pitch=3.0), RATE, syllables)
    faster = measure_turn(say(flite, TEXT, name, rate=1.25), RATE, syllables)
    softer = measure_turn(say(flite, TEXT, name, lufs=-29.0), RATE, syllables)
    assert None not in (*plain.to_json().values(), *higher.to_json().values())
    assert 12 * np.log2(higher.f0_mean / plain.f0_mean) == pytest.approx(3.0, abs=0.4)
    assert higher.f0_range == pytest.approx(plain.f0_range, abs=0.6)
    assert faster.articulation_rate / plain.articulation_rate == pytest.approx(1.25, rel=0.05)
    assert softer.energy == pytest.approx(plain.energy - 6.0, abs=0.05)
    assert softer.f0_mean == pytest.approx(plain.f0_mean, rel=0.01)


def test_espeak_speech_is_measured_too() -> None:
    pytest.importorskip("espeakng_loader", reason="the espeak extra is not installed")
    from askqa_builder.speech.engines.espeak.engine import EspeakEngine

    engine = EspeakEngine()
    low, high = (measure_turn(say(engine, TEXT, name), RATE, 19) for name in ("en-us+m3", "en-us+f3"))
    engine.close()
    assert low.f0_mean is not None
    assert high.f0_mean is not None
    assert 80 < low.f0_mean < 150 < high.f0_mean < 260


def test_pauses_are_no_articulation_and_have_no_energy() -> None:
    word = steady(120, 0.5)
    close = np.concatenate((word, silence(0.1), word))
    apart = np.concatenate((word, silence(0.6), word))
    assert measure_turn(word, RATE, 2).articulation_rate == pytest.approx(4)
    assert measure_turn(close, RATE, 4).articulation_rate == pytest.approx(4 / 1.1, rel=0.01)
    assert measure_turn(apart, RATE, 4).articulation_rate == pytest.approx(4, rel=0.02)
    alone, with_pause = (measure_turn(pcm, RATE, 4).energy for pcm in (word, apart))
    assert with_pause == pytest.approx(alone, abs=0.1)


@pytest.mark.parametrize("level", [0.01, 0.1, 0.5])
def test_energy_is_the_root_mean_square_of_full_scale(level: float) -> None:
    tone = np.rint(level * FULL_SCALE * np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)).astype(np.int16)
    assert measure_turn(tone, RATE, 1).energy == pytest.approx(20 * np.log10(level / np.sqrt(2)), abs=0.05)


def test_energy_follows_the_level_that_a_build_gives_a_turn(flite: FliteEngine) -> None:
    pcm = say(flite, TEXT, "awb")
    energy = measure_turn(pcm, RATE, 19).energy
    assert energy == pytest.approx(integrated_loudness((pcm / FULL_SCALE).astype(np.float32), RATE), abs=3)


def test_only_the_first_seconds_count_for_f0() -> None:
    first = steady(120, F0_SECONDS)
    measures = measure_turn(np.concatenate((first, steady(240, 5))), RATE, syllables=10)
    assert measures.f0_mean == pytest.approx(120, rel=0.01)


def test_what_cannot_be_measured_is_none() -> None:
    noise = np.random.default_rng(1).normal(0, 1000, RATE).astype(np.int16)
    whispered = measure_turn(noise, RATE, 3)
    assert (whispered.f0_mean, whispered.f0_range) == (None, None)
    assert whispered.articulation_rate == pytest.approx(3)
    assert measure_turn(silence(1.0), RATE, 3) == TurnMeasures(None, None, None, None)
    assert measure_turn(silence(0), RATE, 3) == TurnMeasures(None, None, None, None)
    assert measure_turn(steady(120), RATE, 0).articulation_rate is None
    assert measure_turn(steady(120), RATE, None).articulation_rate is None


@settings(max_examples=60, deadline=None)
@given(length=st.integers(0, 8000), scale=st.sampled_from([0, 1, 300, 32767]), seed=st.integers(0, 99))
def test_any_samples_give_numbers_or_nothing(length: int, scale: int, seed: int) -> None:
    pcm = np.random.default_rng(seed).integers(-scale, scale + 1, length).astype(np.int16)
    measures = measure_turn(pcm, RATE, 2)
    assert all(value is None or np.isfinite(value) for value in measures.to_json().values())
    assert measures == measure_turn(pcm, RATE, 2)
