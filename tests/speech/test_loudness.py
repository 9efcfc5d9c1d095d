from __future__ import annotations

import warnings

import numpy as np
import pyloudnorm
import pytest
import soxr
from numpy.typing import NDArray
from scipy.signal import lfilter

from askqa_builder.speech.engine import Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.loudness import PEAK_CEILING_DBFS, integrated_loudness, levelling_gain

STORY = (
    "The old man walked slowly down to the harbour, where three small boats were waiting. He had never been "
    "to sea before, but he knew the smell of salt and tar. "
)


METER = pyloudnorm.Meter(48000, filter_class="DeMan")


@pytest.fixture(scope="module")
def engine() -> FliteEngine:
    return FliteEngine()


def sine(hertz: float, amplitude: float, seconds: float, rate: int) -> NDArray[np.float32]:
    time = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def reference(samples: NDArray[np.float32], rate: int) -> float:
    """Measure with pyloudnorm, over whole hops (its last block else runs beyond the end).

    At 48 kHz, the rate of the standard's tables, with the filters that follow them most closely.
    """
    hop = round(rate / 10)
    whole = samples[: len(samples) // hop * hop].astype(float)
    return float(METER.integrated_loudness(soxr.resample(whole, rate, 48000, "VHQ")))


def k_weighted_level(samples: NDArray[np.float32], rate: int) -> float:
    """Return the ungated loudness over the samples' own length, filtered in time, the filters' tail included."""
    weighted = np.concatenate((samples.astype(float), np.zeros(rate)))
    weighted = soxr.resample(weighted, rate, 48000, "VHQ")
    for stage in METER._filters.values():
        weighted = lfilter(stage.b, stage.a, weighted) * stage.passband_gain
    return float(-0.691 + 10 * np.log10(np.sum(weighted**2) / len(samples) * rate / 48000))


@pytest.mark.parametrize("voice", ["slt", "rms", "awb", "kal16"])
def test_speech_agrees_with_pyloudnorm(engine: FliteEngine, voice: str) -> None:
    (speech,) = engine.speak([Utterance(STORY, voice)])
    assert isinstance(speech, Speech)
    measured = integrated_loudness(speech.samples, 16000)
    assert measured == pytest.approx(reference(speech.samples, 16000), abs=0.05)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 24000, 44100, 48000])
def test_a_full_scale_sine_reads_minus_three(rate: int) -> None:
    # ITU-R BS.1770-4, annex 1: 0 dBFS at 997 Hz in one channel reads -3.01 LKFS
    full, tenth = (integrated_loudness(sine(997, level, 5, rate), rate) for level in (1.0, 0.1))
    assert full == pytest.approx(-3.01, abs=0.02)
    assert tenth == pytest.approx(full - 20, abs=0.001)
    assert full == pytest.approx(reference(sine(997, 1.0, 5, rate), rate), abs=0.02)


def test_k_weighting_falls_towards_low_frequencies() -> None:
    levels = [integrated_loudness(sine(hertz, 0.1, 3, 16000), 16000) for hertz in (30, 60, 200, 1000, 4000)]
    assert levels == sorted(levels)
    assert levels[0] < levels[3] - 8
    assert levels[4] > levels[3] + 2


def test_gates_leave_pauses_out() -> None:
    loud = sine(997, 0.1, 4, 16000)
    with_pause = np.concatenate((loud, np.zeros(16000 * 10, np.float32), loud))
    quiet = np.concatenate((loud, sine(997, 0.1 * 10 ** (-30 / 20), 20, 16000), loud))
    alone = integrated_loudness(loud, 16000)
    assert alone is not None
    # of each pause, only blocks that overlap the sine stay
    for samples in (with_pause, quiet):
        assert integrated_loudness(samples, 16000) == pytest.approx(alone, abs=0.3)
        assert integrated_loudness(samples, 16000) == pytest.approx(reference(samples, 16000), abs=0.05)


@pytest.mark.parametrize("rate", [8000, 16000, 22050])
@pytest.mark.parametrize("milliseconds", [30, 99, 100, 150, 199, 250, 301, 399])
def test_short_turns_are_one_block_of_their_own_length(milliseconds: int, rate: int) -> None:
    # A chirp that grows louder: what stands in the incomplete last hop matters most.
    time = np.arange(rate * milliseconds // 1000) / rate
    rising = np.linspace(0.02, 0.5, len(time))
    samples = (rising * np.sin(2 * np.pi * (300 * time + 900 * time**2))).astype(np.float32)
    assert integrated_loudness(samples, rate) == pytest.approx(k_weighted_level(samples, rate), abs=0.25)


def test_a_block_of_exactly_400_ms_is_both(engine: FliteEngine) -> None:
    (speech,) = engine.speak([Utterance("Yes, please.", "slt")])
    assert isinstance(speech, Speech)
    start = speech.words[0].start
    samples = speech.samples[start : start + 6400]
    assert len(samples) == 6400
    just_less = samples[:-1]
    assert integrated_loudness(samples, 16000) == pytest.approx(reference(samples, 16000), abs=0.1)
    assert integrated_loudness(just_less, 16000) == pytest.approx(integrated_loudness(samples, 16000), abs=0.05)


@pytest.mark.parametrize("length", [0, 1, 100, 1600, 6400, 32000])
def test_silence_has_no_loudness(length: int) -> None:
    silence = np.zeros(length, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert integrated_loudness(silence, 16000) is None
        assert integrated_loudness(silence + np.float32(1e-6), 16000) is None
        assert levelling_gain(silence, 16000, -23.0) is None


@pytest.mark.parametrize("target", [-30.0, -23.0, -18.0])
def test_gain_brings_a_turn_to_its_level(target: float) -> None:
    samples = sine(400, 0.03, 2, 16000) + sine(1800, 0.01, 2, 16000)
    levelled = levelling_gain(samples, 16000, target)
    assert levelled is not None
    gain, reached = levelled
    assert reached == pytest.approx(target, abs=1e-9)
    assert reference(samples * np.float32(gain), 16000) == pytest.approx(target, abs=0.05)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_peak_holds_the_gain_down(sign: int) -> None:
    samples = sine(400, 0.02, 2, 16000)
    samples[7777] = sign * 0.9
    levelled = levelling_gain(samples, 16000, -15.0)
    assert levelled is not None
    gain, reached = levelled
    assert 20 * np.log10(np.abs(samples * gain).max()) == pytest.approx(PEAK_CEILING_DBFS, abs=1e-4)
    assert reached < -15.0
    assert reached == pytest.approx(integrated_loudness(samples * np.float32(gain), 16000), abs=0.01)
