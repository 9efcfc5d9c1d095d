"""The outline of a recording's waveform."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

PER_SECOND = 50


def peaks(samples: npt.NDArray[np.int16], rate: int) -> npt.NDArray[np.uint8]:
    """Return the largest absolute sample of each fiftieth of a second, 255 for full scale; the last may be shorter.

    samples: in int16, one channel.
    """
    count = -(-len(samples) * PER_SECOND // rate)
    starts = np.arange(count) * rate // PER_SECOND
    if not count:
        return np.zeros(0, np.uint8)
    loudest = np.maximum.reduceat(np.abs(samples.astype(np.int32)), starts)
    return np.minimum(np.round(loudest * (255 / 32767)), 255).astype(np.uint8)
