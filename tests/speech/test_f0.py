from __future__ import annotations

import numpy as np
import parselmouth
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from askqa_builder.speech import f0 as tracker
from askqa_builder.speech.engine import Samples, Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.f0 import FRAME_STEP, median_f0_hz, track_f0

RATE = 16000
VOICES = ("slt", "rms", "awb", "kal16")
TEXTS = (
    "Yes.",
    "No, I do not think so.",
    "What did the old man say to her when he came back?",
    "The city council voted on Tuesday to close the bridge for repairs.",
    "Nobody knew his name.",
    "Do you mean the first house or the second one?",
    "Red shoes.",
    "Which Sarah?",
    "She sells sea shells on the sixth of August; Peter picked a peck of pickled peppers.",
    "One winter the well froze, and the youngest of three sons went out for water.",
    "Are you asking about my mother or my aunt Mary?",
)


@pytest.fixture(scope="module")
def spoken() -> dict[str, list[Samples]]:
    engine = FliteEngine()
    batch = [Utterance(text=text, voice=voice, seed=1) for voice in VOICES for text in TEXTS]
    said: dict[str, list[Samples]] = {voice: [] for voice in VOICES}
    for utterance, speech in zip(batch, engine.speak(batch), strict=True):
        assert isinstance(speech, Speech)
        assert speech.sample_rate == RATE
        said[utterance.voice].append(speech.samples)
    return said


def praat_f0(samples: Samples) -> parselmouth.Pitch:
    return parselmouth.Sound(samples.astype(np.float64), RATE).to_pitch_ac(pitch_floor=60, pitch_ceiling=450)


def voiced(pitch: parselmouth.Pitch) -> np.ndarray:
    f0 = pitch.selected_array["frequency"]
    return f0[f0 > 0]


def semitones(a: float, b: float) -> float:
    return float(12 * np.log2(a / b))


def pulses(f0_hz: np.ndarray, rate: int = RATE) -> Samples:
    """Three damped resonances excited once per period of the given F0, one value per sample."""
    phase = 0.5 + np.cumsum(f0_hz / rate)
    train = np.diff(np.floor(phase), prepend=0.0)
    times = np.arange(int(0.02 * rate)) / rate
    response = sum(np.exp(-300 * times) * np.sin(2 * np.pi * f * times) for f in (500, 1500, 2500))
    return (0.2 * np.convolve(train, response)[: len(train)]).astype(np.float32)


@pytest.mark.parametrize("voice", VOICES)
def test_median_agrees_with_praat_on_every_utterance(voice: str, spoken: dict[str, list[Samples]]) -> None:
    errors = []
    for text, samples in zip(TEXTS, spoken[voice], strict=True):
        median, expected = median_f0_hz(samples, RATE), voiced(praat_f0(samples))
        assert median is not None, text
        errors.append(abs(semitones(median, np.median(expected))))
        # A word or two may fall through an octave: Praat's own median then moves by 0.3 with the frame step.
        assert errors[-1] < (0.25 if len(samples) > 1.5 * RATE else 0.5), text
    assert np.median(errors) < 0.1


@pytest.mark.parametrize("voice", VOICES)
def test_track_follows_praat_frame_by_frame(voice: str, spoken: dict[str, list[Samples]]) -> None:
    ratios = []
    for samples in spoken[voice]:
        track, praat = track_f0(samples, RATE), praat_f0(samples)
        expected = np.array([praat.get_value_at_time(i * FRAME_STEP) for i in range(len(track.f0_hz))])
        both = track.voiced & ~np.isnan(expected)
        ratios.extend(12 * np.log2(track.f0_hz[both] / expected[both]))
    errors = np.abs(ratios)
    assert np.median(errors) < 0.1
    assert np.mean(errors > 3) < 0.01


@pytest.mark.parametrize("rate", [8000, 22050, 24000, 48000])
def test_median_does_not_depend_on_the_sample_rate(rate: int, spoken: dict[str, list[Samples]]) -> None:
    samples = spoken["awb"][3]
    expected, other = median_f0_hz(samples, RATE), median_f0_hz(soxr.resample(samples, RATE, rate), rate)
    assert expected is not None
    assert other is not None
    assert abs(semitones(other, expected)) < 0.1


@pytest.mark.parametrize("hertz", [65, 80, 123, 180, 250, 330, 440])
def test_pulses_have_their_own_rate_and_not_an_octave_of_it(hertz: float) -> None:
    track = track_f0(pulses(np.full(RATE, float(hertz))), RATE)
    inner = track.f0_hz[5:-5]
    assert np.all(np.abs(12 * np.log2(inner / hertz)) < 0.2)


def test_track_follows_a_glide_of_an_octave() -> None:
    f0 = 100 * 2 ** np.linspace(0, 1, RATE)
    track = track_f0(pulses(f0), RATE).f0_hz
    frames = np.arange(5, len(track) - 5)
    expected = f0[np.minimum(np.rint(frames * FRAME_STEP * RATE).astype(int), RATE - 1)]
    assert np.all(np.abs(12 * np.log2(track[frames] / expected)) < 0.3)


def test_silence_between_pulses_is_unvoiced() -> None:
    tone = pulses(np.full(RATE // 2, 120.0))
    track = track_f0(np.concatenate((tone, np.zeros(RATE // 2, np.float32), tone)), RATE)
    assert not track.voiced[55:95].any()
    assert track.voiced[5:45].all()
    assert track.voiced[105:145].all()


@pytest.mark.parametrize("seconds", [0.3, 1.0, 10.0])
def test_noise_has_no_f0(seconds: float) -> None:
    for seed in range(4):
        noise = np.random.default_rng(seed).standard_normal(int(seconds * RATE)).astype(np.float32)
        assert median_f0_hz(0.1 * noise, RATE) is None


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.ones(1, np.float32),
        np.zeros(RATE, np.float32),
        np.full(RATE, 0.5, np.float32),
        pulses(np.full(int(0.06 * RATE), 120.0)),
    ],
    ids=["empty", "one sample", "silence", "constant", "60 ms of voice"],
)
def test_none_where_there_is_too_little_voice(samples: Samples) -> None:
    assert median_f0_hz(samples, RATE) is None


def test_level_and_offset_do_not_matter(spoken: dict[str, list[Samples]]) -> None:
    samples = spoken["rms"][3]
    expected = median_f0_hz(samples, RATE)
    assert median_f0_hz(samples * np.float32(0.01), RATE) == pytest.approx(expected, rel=1e-3)
    assert median_f0_hz(samples * np.float32(0.5) + np.float32(0.2), RATE) == pytest.approx(expected, rel=1e-2)


def test_a_long_signal_gives_the_track_of_its_parts(spoken: dict[str, list[Samples]]) -> None:
    samples = spoken["slt"][3][: RATE * 3]
    once, many = track_f0(samples, RATE).f0_hz, track_f0(np.tile(samples, 8), RATE).f0_hz
    inner = slice(20, 280)
    for repeat in range(8):
        part = many[repeat * 300 : repeat * 300 + 300]
        assert np.allclose(part[inner], once[inner], rtol=1e-3)


@settings(max_examples=60, deadline=None)
@given(length=st.integers(0, 6000), seed=st.integers(0, 1000), level=st.sampled_from([1e-6, 0.1, 1.0]))
def test_any_length_gives_a_finite_repeatable_track(length: int, seed: int, level: float) -> None:
    samples = (level * np.random.default_rng(seed).standard_normal(length)).astype(np.float32)
    track = track_f0(samples, RATE)
    assert abs(len(track.f0_hz) - (length / RATE / FRAME_STEP + 1)) <= 1
    assert np.all(np.isfinite(track.f0_hz))
    assert np.all((track.f0_hz[track.voiced] > 55) & (track.f0_hz[track.voiced] < 480))
    assert np.array_equal(track.f0_hz, track_f0(samples, RATE).f0_hz)


def test_the_transform_holds_the_window_and_every_lag() -> None:
    # shorter, and the autocorrelation would wrap around unnoticed
    assert tracker._FFT >= tracker._WINDOW + tracker._LAST_LAG + 2
