"""Keep a recording below the peak ceiling, without a look at what is still to come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from askqa_builder.recording.timeline import FULL_SCALE
from askqa_builder.speech.loudness import PEAK_CEILING_DBFS

CEILING = FULL_SCALE * 10.0 ** (PEAK_CEILING_DBFS / 20)

RELEASE_DB_PER_SECOND = 60.0


def safe_gain(signal: NDArray[np.float64]) -> float:
    """Return the largest gain, at most 1, at which the signal's peak is no higher than CEILING."""
    peak = float(max(signal.max(initial=0.0), -signal.min(initial=0.0)))
    return min(1.0, CEILING / peak) if peak else 1.0


def limit(signal: NDArray[np.float64], sample_rate: int) -> None:
    """Hold peaks at CEILING, in place: gain falls at once and comes back by RELEASE_DB_PER_SECOND.

    Each sample depends on earlier ones alone. Where nothing is above CEILING nothing changes.
    """
    magnitude = np.abs(signal)
    if not (magnitude > CEILING).any():
        return
    first = int(np.argmax(magnitude > CEILING))
    release = np.arange(len(signal) - first) * (RELEASE_DB_PER_SECOND / sample_rate)
    excess = np.maximum(20 * np.log10(np.maximum(magnitude[first:] / CEILING, 1.0)), 0.0)
    held = np.maximum(np.maximum.accumulate(excess + release) - release, 0.0)
    signal[first:] *= 10.0 ** (-held / 20)
    np.clip(signal, -CEILING, CEILING, out=signal)  # the last bits of the powers
