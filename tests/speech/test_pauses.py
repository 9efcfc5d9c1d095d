from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askqa_builder.speech.engine import Samples, Speech, Utterance, WordTime
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.pauses import CEILING_SECONDS, FLOOR_SECONDS, stretch_pauses
from askqa_builder.speech.silences import inner_silences

RATE = 16000
TEXT = (
    "Once upon a time there was a farmer who had three sons. The eldest was strong, the second was clever, "
    "and the youngest was kind. Six fishes splashed past."
)
VOICES = ("slt", "rms", "awb", "kal16")


@pytest.fixture(scope="module")
def spoken() -> dict[str, Speech]:
    answers = FliteEngine().speak([Utterance(TEXT, voice, seed=1) for voice in VOICES])
    said = {}
    for voice, speech in zip(VOICES, answers, strict=True):
        assert isinstance(speech, Speech)
        said[voice] = speech
    return said


def bursts(*milliseconds: int, noise: float = 0.0, words: bool = False) -> Speech:
    """Tones and silences in turn, the first a tone; a word for each tone where asked."""
    ends = (np.cumsum(milliseconds) * RATE // 1000).tolist()
    starts = [0, *ends[:-1]]
    samples = np.random.default_rng(5).normal(0, noise, ends[-1])
    for start, end in list(zip(starts, ends, strict=True))[::2]:
        samples[start:end] += 0.3 * np.sin(2 * np.pi * 200 * np.arange(end - start) / RATE)
    spans = enumerate(list(zip(starts, ends, strict=True))[::2]) if words else []
    times = tuple(WordTime(start, end, 2 * i, 2 * i + 1) for i, (start, end) in spans)
    return Speech(samples.astype(np.float32), RATE, times)


def milliseconds(speech: Speech, shortest: float = 0.03) -> list[int]:
    silences = inner_silences(speech.samples, speech.sample_rate, shortest)
    return [round(1000 * (end - start) / speech.sample_rate) for start, end in silences]


@pytest.mark.parametrize("factor", [0.5, 1.6, 2.5])
def test_each_pause_is_as_much_longer_as_asked(factor: float) -> None:
    changed = stretch_pauses(bursts(300, 200, 300, 400, 300), factor)
    assert milliseconds(changed) == pytest.approx([200 * factor, 400 * factor], abs=6)


def test_pauses_keep_a_floor_and_a_ceiling() -> None:
    short, long = (stretch_pauses(bursts(300, 130, 300, 800, 300), factor) for factor in (0.3, 3.0))
    assert milliseconds(short) == pytest.approx([1000 * FLOOR_SECONDS, 240], abs=6)
    assert milliseconds(long) == pytest.approx([390, 1000 * CEILING_SECONDS], abs=6)
    endless = bursts(300, 2000, 300)
    assert stretch_pauses(endless, 1.5) is endless
    assert milliseconds(stretch_pauses(endless, 0.5)) == pytest.approx([1000], abs=6)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_closures_and_what_is_before_and_after_stay(factor: float) -> None:
    closures = bursts(300, 100, 300)
    assert stretch_pauses(closures, factor) is closures
    padded = bursts(300, 200, 300)
    quiet = np.zeros(RATE // 2, np.float32)
    changed = stretch_pauses(Speech(np.concatenate((quiet, padded.samples, quiet)), RATE), factor)
    assert not changed.samples[: len(quiet)].any()
    assert not changed.samples[-len(quiet) :].any()
    assert np.array_equal(changed.samples[len(quiet) : -len(quiet)], stretch_pauses(padded, factor).samples)


def test_between_words_a_shorter_silence_is_a_pause() -> None:
    assert milliseconds(stretch_pauses(bursts(300, 100, 300, words=True), 2.0)) == pytest.approx([200], abs=6)
    one_word = bursts(300, 100, 300)
    one_word = Speech(one_word.samples, RATE, (WordTime(0, len(one_word.samples), 0, 4),))
    assert stretch_pauses(one_word, 2.0) is one_word


def test_one_leaves_the_very_object(spoken: dict[str, Speech]) -> None:
    assert stretch_pauses(spoken["slt"], 1.0) is spoken["slt"]


@pytest.mark.parametrize("factor", [0.29, 3.1, float("nan")])
def test_outside_the_limits_is_refused(factor: float, spoken: dict[str, Speech]) -> None:
    with pytest.raises(ValueError, match="limits"):
        stretch_pauses(spoken["slt"], factor)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("factor", [0.6, 2.0])
def test_words_keep_their_samples_and_their_times_follow(voice: str, factor: float, spoken: dict[str, Speech]) -> None:
    before = spoken[voice]
    after = stretch_pauses(before, factor)
    assert (len(after.samples) > len(before.samples)) == (factor > 1)
    kept = 0
    for old, new in zip(before.words, after.words, strict=True):
        assert (new.char_start, new.char_end) == (old.char_start, old.char_end)
        was, now = before.samples[old.start : old.end], after.samples[new.start : new.end]
        if len(was) == len(now):
            kept += 1
            assert np.array_equal(was, now)
    # a word's time may reach a few frames into the pause after it
    assert kept >= len(before.words) - 6
    grown = [b - a for a, b in zip(milliseconds(before, 0.08), milliseconds(after, 0.05), strict=False)]
    assert grown


@pytest.mark.parametrize("factor", [0.5, 2.5])
def test_what_fills_a_pause_sounds_as_the_pause_did(factor: float) -> None:
    """Its level, no tone in it, no step where it begins and ends."""
    before = bursts(300, 600, 300, noise=1e-3)
    after = stretch_pauses(before, factor)
    ((start, end),) = inner_silences(after.samples, RATE, 0.1)
    fill = after.samples[start:end].astype(np.float64)
    assert end - start == pytest.approx(0.6 * factor * RATE, abs=100)
    assert level_db(fill) == pytest.approx(-60, abs=0.5)
    blocks = fill[: len(fill) // 320 * 320].reshape(-1, 320)
    assert np.ptp([level_db(block) for block in blocks]) < 4
    correlation = np.fft.irfft(np.abs(np.fft.rfft(fill, 2 * len(fill))) ** 2)
    assert np.max(np.abs(correlation[16 : RATE // 40])) < 0.1 * correlation[0]
    assert np.max(np.abs(np.diff(fill))) < 1.3 * np.max(np.abs(np.diff(before.samples[5000:14000])))


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples))))


def test_digital_silence_stays_digital_silence() -> None:
    after = stretch_pauses(bursts(300, 300, 300), 2.0)
    silent = np.flatnonzero(after.samples == 0)
    assert len(silent) >= 0.59 * RATE


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_no_clicks(voice: str, factor: float, spoken: dict[str, Speech]) -> None:
    """In a pause nothing is sharper than in the pauses there were, whose edges it keeps."""
    sharpest = partial(_sharpest_in_pauses, rate=RATE)
    assert sharpest(stretch_pauses(spoken[voice], factor).samples) < 1.5 * sharpest(spoken[voice].samples)


def _sharpest_in_pauses(samples: Samples, rate: int) -> float:
    curvature = np.abs(np.diff(samples, n=2))
    return max(float(np.max(curvature[start:end])) for start, end in inner_silences(samples, rate, 0.05))


def test_the_input_is_left_alone_and_the_result_repeats(spoken: dict[str, Speech]) -> None:
    copy = spoken["awb"].samples.copy()
    copy.setflags(write=False)
    first, second = (stretch_pauses(Speech(copy, RATE, spoken["awb"].words), 1.7) for _ in range(2))
    assert np.array_equal(first.samples, second.samples)
    assert first.words == second.words
    assert np.array_equal(copy, spoken["awb"].samples)


@settings(max_examples=80, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 400), min_size=1, max_size=9),
    factor=st.floats(0.3, 3.0),
    noise=st.sampled_from([0.0, 1e-4, 1e-2]),
    words=st.booleans(),
)
def test_any_speech_stays_speech(lengths: list[int], factor: float, noise: float, words: bool) -> None:
    before = bursts(*lengths, noise=noise, words=words)
    after = stretch_pauses(before, factor)
    assert after.samples.dtype == np.float32
    assert np.all(np.isfinite(after.samples))
    assert len(after.words) == len(before.words)
    cursor = 0
    for word in after.words:
        assert cursor <= word.start < word.end <= len(after.samples)
        cursor = word.start
    assert np.max(np.abs(after.samples)) <= np.max(np.abs(before.samples))


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(RATE, np.float32), np.ones(3, np.float32)])
def test_nothing_is_done_to_nothing(samples: Samples) -> None:
    speech = Speech(samples, RATE)
    assert stretch_pauses(speech, 2.0) is speech
