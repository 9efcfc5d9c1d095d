from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askqa_builder.recording.quality import MOST_SNR_DB, measure_quality
from askqa_builder.recording.timeline import Timeline, join
from askqa_builder.speech.engine import Pcm

RATE = 16_000
PAUSES = (0.2, 1.0, 0.4)
TAIL = 0.3
RANDOM = np.random.default_rng(3)


def tone(seconds: float, amplitude: float = 0.3) -> Pcm:
    """Something as loud all the time, which speech is not; so its share is known."""
    t = np.arange(round(seconds * RATE)) / RATE
    return np.rint(32767 * amplitude * np.sin(2 * np.pi * 200 * t)).astype(np.int16)


def recording(*turns: Pcm) -> tuple[Pcm, Timeline]:
    timeline = Timeline.of([len(turn) for turn in turns], PAUSES[: len(turns)], TAIL, RATE)
    return join(turns, timeline), timeline


def with_noise(pcm: Pcm, snr_db: float, level: float) -> Pcm:
    noise = RANDOM.normal(0, np.sqrt(level / 10 ** (snr_db / 10)), len(pcm))
    return np.clip(np.rint(pcm + noise), -32768, 32767).astype(np.int16)


def test_a_clean_recording() -> None:
    pcm, timeline = recording(tone(2.0), tone(1.5), tone(0.5))
    quality = measure_quality(pcm, timeline)
    assert quality.peak_dbfs == pytest.approx(20 * np.log10(0.3), abs=0.01)
    assert quality.clipped_samples == 0
    assert quality.longest_silence == pytest.approx(1.0, abs=0.021)
    assert quality.speech_share == pytest.approx(4.0 / (4.0 + sum(PAUSES) + TAIL), abs=0.01)


def test_a_silence_inside_a_turn_is_found() -> None:
    pcm, timeline = recording(np.concatenate((tone(1.0), tone(1.7, amplitude=0.0005), tone(1.0))), tone(1.0))
    assert measure_quality(pcm, timeline).longest_silence == pytest.approx(1.7, abs=0.021)


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 40))
def test_the_noise_of_a_channel_is_measured(snr_db: float) -> None:
    clean, timeline = recording(tone(4.0), tone(3.0), tone(1.0))
    quality = measure_quality(with_noise(clean, snr_db, float(np.mean(tone(1.0).astype(float) ** 2))), timeline)
    assert quality.snr_db == pytest.approx(snr_db, abs=0.7)
    if snr_db > 9:
        assert quality.speech_share == pytest.approx(8.0 / (8.0 + sum(PAUSES) + TAIL), abs=0.02)


def test_a_noise_that_only_the_turns_have_is_found_in_their_pauses() -> None:
    quiet = np.concatenate((tone(1.0), np.zeros(RATE // 2, np.int16), tone(1.0)))
    level = float(np.mean(tone(1.0).astype(float) ** 2))
    pcm, timeline = recording(with_noise(quiet, 30.0, level), with_noise(quiet, 30.0, level))
    snr_db = measure_quality(pcm, timeline).snr_db
    assert snr_db == pytest.approx(30.0, abs=1.0)


def test_digital_silence_is_no_noise() -> None:
    pcm, timeline = recording(np.concatenate((tone(1.0), np.zeros(RATE // 2, np.int16), tone(1.0))))
    snr_db = measure_quality(pcm, timeline).snr_db
    assert snr_db is not None
    assert snr_db <= MOST_SNR_DB


def test_clipped_samples_are_counted() -> None:
    loud = tone(1.0)
    loud[100:120], loud[200] = 32767, -32768
    pcm, timeline = recording(loud, tone(1.0))
    assert measure_quality(pcm, timeline).clipped_samples == 21


@pytest.mark.parametrize("samples", [1, 100, 16_000])
def test_silence_has_no_speech(samples: int) -> None:
    pcm, timeline = recording(np.zeros(samples, np.int16))
    quality = measure_quality(pcm, timeline)
    assert (quality.speech_share, quality.snr_db, quality.clipped_samples) == (0.0, None, 0)
    assert quality.longest_silence == pytest.approx(len(pcm) / RATE, abs=0.01)
