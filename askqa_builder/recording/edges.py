"""Where speech begins and ends in what an engine returns."""

from __future__ import annotations

import numpy as np

from askqa_builder.speech.engine import Samples
from askqa_builder.speech.silences import BELOW_SPEECH_DB, samples_a_frame, sounding_frames

MARGIN_SECONDS = 0.010
"""Kept on both sides of the speech found: its softest onsets, and half of the 20 ms that a row promises."""

FADE_SECONDS = 0.005
"""Raised-cosine fade at both cuts, inside the margin, against clicks."""


def speech_bounds(
    samples: Samples, sample_rate: int, below_speech_db: float = BELOW_SPEECH_DB
) -> tuple[int, int] | None:
    """Return the first and one-past-last sample of the speech with its margins; None for silence.

    Speech is from the first to the last frame that sounds, as `sounding_frames` tells.
    """
    sounding = sounding_frames(samples, sample_rate, below_speech_db)
    if sounding is None:
        return None
    frame = samples_a_frame(sample_rate)
    found = np.flatnonzero(sounding)
    margin = round(MARGIN_SECONDS * sample_rate)
    start = max(int(found[0]) * frame - margin, 0)
    end = min((int(found[-1]) + 1) * frame + margin, len(samples))
    return start, end


def fade(samples: Samples, sample_rate: int) -> None:
    """Fade both ends in place."""
    length = min(round(FADE_SECONDS * sample_rate), len(samples) // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))).astype(np.float32)
    samples[:length] *= ramp
    samples[len(samples) - length :] *= ramp[::-1]
