"""What is measured of one speaker over the turns of a recording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from askqa_builder.recording.timeline import FULL_SCALE
from askqa_builder.speech.engine import Pcm
from askqa_builder.speech.f0 import median_f0_hz

F0_SECONDS = 6.0
"""Speech of each role over which F0 is measured: more changes the median by less than it varies."""


def speaker_f0(turns: Sequence[Pcm], sample_rate: int) -> float | None:
    """Median F0 in Hz over the first F0_SECONDS of a speaker's turns, of which there is one at least; None if unvoiced.

    turns: samples of each turn, in the order heard. Meant for a whole role: `speakers[].measured.f0`.
    """
    wanted = round(F0_SECONDS * sample_rate)
    parts = []
    for turn in turns:
        parts.append(turn[:wanted])
        wanted -= len(parts[-1])
        if wanted <= 0:
            break
    samples = np.concatenate(parts).astype(np.float32)
    samples /= FULL_SCALE
    return median_f0_hz(samples, sample_rate)
