from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from askqa_builder.recording.edges import FADE_SECONDS, MARGIN_SECONDS, fade, speech_bounds
from askqa_builder.speech.engine import Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine

RATE = 16000
MARGIN = round(MARGIN_SECONDS * RATE)
FRAME = RATE // 200


def tone(before: int, length: int, after: int, amplitude: float = 0.3, noise: float = 0.0) -> NDArray[np.float32]:
    samples = np.random.default_rng(3).normal(0, noise, before + length + after)
    samples[before : before + length] += amplitude * np.sin(np.arange(length) * 0.3)
    return samples.astype(np.float32)


@given(st.integers(0, 5000), st.integers(400, 8000), st.integers(0, 5000))
@settings(deadline=None)
def test_bounds_lie_a_margin_around_what_sounds(before: int, length: int, after: int) -> None:
    bounds = speech_bounds(tone(before, length, after), RATE)
    assert bounds is not None
    start, end = bounds
    assert 0 <= start <= before
    assert before + length <= end + FRAME
    assert end <= before + length + after
    assert before - start <= MARGIN + FRAME
    assert end - (before + length) <= MARGIN + FRAME


def test_noise_far_below_the_speech_is_cut_off() -> None:
    bounds = speech_bounds(tone(8000, 16000, 8000, noise=0.0005), RATE)
    assert bounds is not None
    assert bounds == pytest.approx((8000 - MARGIN, 24000 + MARGIN), abs=FRAME)


def test_pauses_inside_are_kept() -> None:
    samples = np.concatenate((tone(800, 4000, 16000), tone(0, 4000, 800)))
    assert speech_bounds(samples, RATE) == pytest.approx((800 - MARGIN, 24800 + MARGIN), abs=FRAME)


@pytest.mark.parametrize("voice", ["slt", "rms", "awb", "kal16"])
def test_what_is_cut_off_is_inaudible(voice: str) -> None:
    for text in ("Yes.", "Six fish.", "Half of his thoughts were hushed."):
        (speech,) = FliteEngine().speak([Utterance(text, voice)])
        assert isinstance(speech, Speech)
        bounds = speech_bounds(speech.samples, RATE)
        assert bounds is not None
        start, end = bounds
        total = np.sum(np.square(speech.samples, dtype=float))
        kept = np.sum(np.square(speech.samples[start:end], dtype=float))
        assert kept > 0.9999 * total


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(10), np.zeros(16000)], ids=["empty", "short", "silent"])
def test_silence_has_no_bounds(samples: NDArray[np.float64]) -> None:
    assert speech_bounds(samples.astype(np.float32), RATE) is None


@pytest.mark.parametrize("length", [0, 1, 2, 7, 100, 1000])
def test_fades_reach_both_ends_and_nothing_else(length: int) -> None:
    samples = np.ones(length, np.float32)
    fade(samples, RATE)
    faded = min(round(FADE_SECONDS * RATE), length // 2)
    assert np.array_equal(samples, samples[::-1])
    assert np.all(np.diff(samples[:faded]) > 0)
    assert np.all(samples[faded : length - faded] == 1)
    if faded > 10:
        assert samples[0] < 0.001
