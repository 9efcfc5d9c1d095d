"""One turn made ready for the recording: resampled, trimmed, levelled, quantised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr

from askqa_builder.errors import SpeechError
from askqa_builder.recording.edges import fade, speech_bounds
from askqa_builder.recording.timeline import FULL_SCALE
from askqa_builder.speech.engine import Pcm, Speech, WordTime
from askqa_builder.speech.loudness import levelling_gain


@dataclass(frozen=True, eq=False)
class TurnAudio:
    """A turn's samples at the recording's rate, speech within 20 ms of both ends.

    words: times in samples of `pcm`. loudness: LUFS reached. peak: largest magnitude, at most FULL_SCALE.
    """

    pcm: Pcm
    words: tuple[WordTime, ...]
    loudness: float
    peak: int


def prepare_turn(speech: Speech, sample_rate: int, target_lufs: float) -> TurnAudio:
    """Resample (soxr HQ), trim, level and quantise one turn.

    Raises SpeechError where the engine returned silence: silence is never written in a turn's place.
    """
    samples = speech.samples
    resampled = speech.sample_rate != sample_rate
    if resampled:
        samples = soxr.resample(samples, speech.sample_rate, sample_rate)
    # after resampling: at 8 kHz a final "s" is silent, and must not count as the end of the speech
    bounds = speech_bounds(samples, sample_rate)
    if bounds is None:
        raise SpeechError("the engine returned silence")
    start, end = bounds
    samples = samples[start:end]
    levelled = levelling_gain(samples, sample_rate, target_lufs)
    if levelled is None:
        raise SpeechError("the engine's speech is too quiet to be levelled")
    gain, loudness = levelled
    # a copy of a narration is 20 MB; the engine's own samples are left as they are
    scaled = np.multiply(samples, np.float32(gain * FULL_SCALE), out=samples if resampled else None)
    fade(scaled, sample_rate)
    pcm = np.rint(scaled, out=scaled).astype(np.int16)
    ratio = sample_rate / speech.sample_rate
    words = tuple(_moved(word, start, ratio, len(pcm)) for word in speech.words)
    return TurnAudio(pcm, words, loudness, int(max(pcm.max(), -int(pcm.min()))))


def _moved(word: WordTime, trimmed: int, ratio: float, length: int) -> WordTime:
    """Move a word's times from the engine's samples to the turn's; a word is never empty.

    trimmed: samples cut off at the front, at the turn's rate, which is `ratio` times the engine's.
    """
    start = min(max(round(word.start * ratio) - trimmed, 0), length - 1)
    end = min(max(round(word.end * ratio) - trimmed, start + 1), length)
    return WordTime(start, end, word.char_start, word.char_end)
