from __future__ import annotations

import itertools

import numpy as np
import pyloudnorm
import pytest
from numpy.typing import NDArray

from askqa_builder.errors import SpeechError
from askqa_builder.recording.turn_audio import prepare_turn
from askqa_builder.speech.engine import Pcm, Speech, Utterance, WordTime
from askqa_builder.speech.engines.flite import FliteEngine

VOICES = ("slt", "rms", "awb", "kal16")
TEXTS = (
    "Yes.",
    "Fifty six thousand and seven.",
    "Half of the fish had hushed his thoughts, she said, for the most part in the month of March.",
    "He sold the red one to a teacher, and the green one he kept, because it was just his size.",
)
CASES = list(itertools.product(VOICES, TEXTS))


@pytest.fixture(scope="module")
def spoken() -> dict[tuple[str, str], Speech]:
    answers = FliteEngine().speak([Utterance(text, voice, seed=2) for voice, text in CASES])
    speeches = dict(zip(CASES, answers, strict=True))
    assert all(isinstance(speech, Speech) for speech in speeches.values())
    return speeches  # type: ignore[return-value]


def pulse_train(pulses: list[int], length: int, rate: int) -> Speech:
    """Return bursts of 5 ms that begin at `pulses`, with words there."""
    samples = np.zeros(length, np.float32)
    burst = rate // 200
    for at in pulses:
        samples[at : at + burst] = 0.5 * np.sin(np.arange(burst) * 2 * np.pi * 1000 / rate)
    words = tuple(WordTime(at, at + burst, i, i + 1) for i, at in enumerate(pulses))
    return Speech(samples, rate, words)


def level_db(samples: NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.mean(np.square(samples)) + 1e-12))


def sounds_within(pcm: Pcm, milliseconds: int, rate: int) -> bool:
    """Tell whether speech is heard in the first milliseconds: some 5 ms of it above -45 dB of the loud parts."""
    samples = pcm / 32768
    frame = rate // 200
    frames = [level_db(samples[i : i + frame]) for i in range(0, len(samples) - frame, frame)]
    loud = np.percentile(frames, 95)
    return max(frames[: milliseconds // 5]) > loud - 45


@pytest.mark.parametrize("rate", [16000, 8000, 24000])
def test_speech_is_heard_within_20_ms_of_both_ends(spoken: dict[tuple[str, str], Speech], rate: int) -> None:
    for case, speech in spoken.items():
        pcm = prepare_turn(speech, rate, -23.0).pcm
        assert sounds_within(pcm, 20, rate), case
        assert sounds_within(pcm[::-1], 20, rate), case


def test_words_begin_and_end_within_20_ms_of_both_ends(spoken: dict[tuple[str, str], Speech]) -> None:
    for case, speech in spoken.items():
        turn = prepare_turn(speech, 16000, -23.0)
        assert turn.words[0].start <= 0.020 * 16000, case
        assert len(turn.pcm) - turn.words[-1].end <= 0.020 * 16000, case


@pytest.mark.parametrize("target", [-27.0, -23.0, -21.0])
def test_turns_reach_their_level(spoken: dict[tuple[str, str], Speech], target: float) -> None:
    for case, speech in spoken.items():
        turn = prepare_turn(speech, 16000, target)
        samples = turn.pcm / 32768
        assert turn.peak == np.abs(turn.pcm.astype(int)).max()
        assert 20 * np.log10(turn.peak / 32767) <= -1.0 + 1e-3
        limited = 20 * np.log10(turn.peak / 32767) > -1.2
        assert turn.loudness == pytest.approx(target, abs=1e-6) or (limited and turn.loudness < target), case
        if len(samples) >= 16000:
            measured = pyloudnorm.Meter(16000).integrated_loudness(samples)
            assert measured == pytest.approx(turn.loudness, abs=0.3), case


def test_ends_do_not_click(spoken: dict[tuple[str, str], Speech]) -> None:
    for case, speech in spoken.items():
        pcm = prepare_turn(speech, 16000, -23.0).pcm.astype(int)
        padded = np.concatenate(([0], pcm, [0]))
        steps = np.abs(np.diff(padded))
        ends = max(steps[:3].max(), steps[-3:].max())
        assert ends <= 8, case  # of 32767: the quantisation of a fade


def test_words_stay_on_their_sounds(spoken: dict[tuple[str, str], Speech]) -> None:
    for case, speech in spoken.items():
        turn = prepare_turn(speech, 16000, -23.0)
        assert [(word.char_start, word.char_end) for word in turn.words] == [
            (word.char_start, word.char_end) for word in speech.words
        ]
        assert turn.words[0].start < 0.2 * 16000, case  # a voice may breathe in before it
        cursor = 0
        loud = np.mean(np.square(turn.pcm, dtype=float))
        for word in turn.words:
            assert cursor <= word.start < word.end <= len(turn.pcm), case
            assert np.mean(np.square(turn.pcm[word.start : word.end], dtype=float)) > 0.005 * loud, case
            cursor = word.end


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
def test_resampling_keeps_the_times(rate: int) -> None:
    speech = pulse_train([3200, 9600, 20000, 31000], 40000, 16000)
    turn = prepare_turn(speech, rate, -23.0)
    envelope = np.abs(turn.pcm.astype(float))
    for word in turn.words:
        start, end = max(word.start - rate // 500, 0), word.end + rate // 500
        inside = envelope[start:end].sum()
        around = envelope[max(start - rate // 20, 0) : end + rate // 20].sum()
        assert inside > 0.95 * around
    gaps = np.diff([word.start for word in turn.words])
    assert gaps == pytest.approx(np.diff([3200, 9600, 20000, 31000]) * rate / 16000, abs=1)


def test_resampling_does_not_alias() -> None:
    time = np.arange(48000) / 48000
    tone = np.sin(2 * np.pi * 500 * time) + np.sin(2 * np.pi * 9000 * time)
    speech = Speech((0.3 * tone).astype(np.float32), 48000)
    pcm = prepare_turn(speech, 16000, -23.0).pcm.astype(float)
    spectrum = np.abs(np.fft.rfft(pcm[2000:14000] * np.hanning(12000)))
    hertz = np.fft.rfftfreq(12000, 1 / 16000)
    alias = spectrum[(hertz > 6900) & (hertz < 7100)].max()
    assert 20 * np.log10(alias / spectrum.max()) < -70


def test_words_are_never_empty_nor_outside() -> None:
    speech = pulse_train([8000, 12000], 20000, 16000)
    odd = (
        WordTime(0, 10, 0, 1),  # before the speech
        WordTime(8000, 8000, 1, 2),  # of no length
        WordTime(8000, 12080, 2, 3),
        WordTime(19000, 20000, 3, 4),  # after it
    )
    for rate in (8000, 16000):
        turn = prepare_turn(Speech(speech.samples, 16000, odd), rate, -23.0)
        starts = [word.start for word in turn.words]
        assert starts == sorted(starts)
        assert all(0 <= word.start < word.end <= len(turn.pcm) for word in turn.words)


@pytest.mark.parametrize("length", [0, 40, 16000])
def test_silence_is_an_error_never_a_turn(length: int) -> None:
    with pytest.raises(SpeechError, match="silence"):
        prepare_turn(Speech(np.zeros(length, np.float32), 16000), 16000, -23.0)


def test_speech_that_nobody_could_hear_is_an_error() -> None:
    speech = pulse_train([3000], 20000, 16000)
    with pytest.raises(SpeechError, match="too quiet"):
        prepare_turn(Speech(speech.samples * np.float32(1e-5), 16000), 16000, -23.0)


def test_the_engines_samples_are_left_alone(spoken: dict[tuple[str, str], Speech]) -> None:
    speech = spoken["slt", "Yes."]
    before = speech.samples.copy()
    prepare_turn(speech, 16000, -23.0)
    assert np.array_equal(speech.samples, before)


def test_same_speech_same_samples(spoken: dict[tuple[str, str], Speech]) -> None:
    speech = spoken["awb", TEXTS[1]]
    one, other = (prepare_turn(speech, 22050, -23.0) for _ in range(2))
    assert np.array_equal(one.pcm, other.pcm)
    assert one.words == other.words
