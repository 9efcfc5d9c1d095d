"""Where speech begins and ends in what an engine returns."""

from __future__ import annotations

import numpy as np

from askqa_builder.speech.engine import Samples

MARGIN_SECONDS = 0.010
"""Kept on both sides of the speech found: its softest onsets, and half of the 20 ms that a row promises."""

FADE_SECONDS = 0.005
"""Raised-cosine fade at both cuts, inside the margin, against clicks."""

_FRAME_SECONDS = 0.005
BELOW_SPEECH_DB = -40.0
_LOUD_PERCENTILE = 95


def speech_bounds(
    samples: Samples, sample_rate: int, below_speech_db: float = BELOW_SPEECH_DB
) -> tuple[int, int] | None:
    """Return the first and one-past-last sample of the speech with its margins; None for silence.

    A 5 ms frame is speech where its RMS is less than 40 dB (or as given) below the loud frames of the same turn. On
    synthetic speech, which has no room noise, an energy rule is enough.
    """
    frame = max(round(_FRAME_SECONDS * sample_rate), 1)
    frames = len(samples) // frame
    if not frames:
        return None
    blocks = samples[: frames * frame].reshape(frames, frame)
    power = np.einsum("ij,ij->i", blocks, blocks)
    loud = power[power > 0]
    if not len(loud):
        return None
    threshold = np.percentile(loud, _LOUD_PERCENTILE) * 10.0 ** (below_speech_db / 10)
    found = np.flatnonzero(power > threshold)
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
