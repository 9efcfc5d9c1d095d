"""Where speech sounds and where it is silent, by the level of short frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from askqa_builder.speech.engine import Samples

FRAME_SECONDS = 0.005

BELOW_SPEECH_DB = -40.0
"""A frame this far below the loud ones of the same speech is silent."""

PAUSE_BELOW_SPEECH_DB = -35.0
"""The same within speech: sounds die away into a pause. Higher, the weakest fricatives would be silent."""

_LOUD_PERCENTILE = 95


def sounding_frames(
    samples: Samples, sample_rate: int, below_speech_db: float = BELOW_SPEECH_DB
) -> NDArray[np.bool_] | None:
    """Tell of each whole 5 ms frame whether it sounds, shape [samples // frame]; None for silence.

    A frame sounds where its RMS is less than 40 dB (or as given) below the loud frames. On synthetic speech, which has
    no room noise, an energy rule is enough.
    """
    frame = samples_a_frame(sample_rate)
    frames = len(samples) // frame
    if not frames:
        return None
    blocks = samples[: frames * frame].reshape(frames, frame)
    power = np.einsum("ij,ij->i", blocks, blocks)
    loud = power[power > 0]
    if not len(loud):
        return None
    threshold = np.percentile(loud, _LOUD_PERCENTILE) * 10.0 ** (below_speech_db / 10)
    sounding: NDArray[np.bool_] = power > threshold
    return sounding


def samples_a_frame(sample_rate: int) -> int:
    """Samples of one frame."""
    return max(round(FRAME_SECONDS * sample_rate), 1)


def inner_silences(samples: Samples, sample_rate: int, shortest: float) -> NDArray[np.intp]:
    """Return the silences of at least `shortest` seconds within the speech, not those before and after it.

    First and one-past-last sample of each, in order, shape [silences, 2].
    """
    sounding = sounding_frames(samples, sample_rate, PAUSE_BELOW_SPEECH_DB)
    if sounding is None:
        return np.empty((0, 2), np.intp)
    frame = samples_a_frame(sample_rate)
    # between the end of each sounding run and the start of the next
    edges = np.flatnonzero(np.diff(sounding.astype(np.int8), prepend=0, append=0))
    silences = edges[1:-1].reshape(-1, 2) * frame
    return silences[silences[:, 1] - silences[:, 0] >= round(shortest * sample_rate)]
