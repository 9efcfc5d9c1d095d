"""Cut long speech where it is quietest, for models that hear a few seconds at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FRAME_SECONDS = 0.05
_EARLIEST = 0.6
"""Of the longest piece: before it none is cut, so that there are not twice as many as needed."""


def cut_at_silence(samples: NDArray[np.float32], sample_rate: int, longest: float) -> list[NDArray[np.float32]]:
    """Cut samples into pieces of at most `longest` seconds, each in its quietest 50 ms late enough.

    The pieces joined are the samples again.
    """
    frame = round(_FRAME_SECONDS * sample_rate)
    most = int(longest * sample_rate)
    pieces = []
    while len(samples) > most:
        first = int(most * _EARLIEST)
        window = samples[first : first + (most - first) // frame * frame]
        energies = np.square(window).reshape(-1, frame).sum(axis=1)
        cut = first + int(np.argmin(energies)) * frame + frame // 2
        pieces.append(samples[:cut])
        samples = samples[cut:]
    return [*pieces, samples]
