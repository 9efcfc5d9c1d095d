"""Measurements of a finished recording, whatever made it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askqa_builder.recording.timeline import FULL_SCALE, Timeline
from askqa_builder.speech.engine import Pcm

MOST_SNR_DB = 100.0
"""Where nothing but digital silence is heard beside the speech; 16 bits hold 98 dB."""

_FRAME_SECONDS = 0.01
_BELOW_SPEECH = 10.0 ** (-40 / 10)
_ABOVE_NOISE = 10.0 ** (6 / 10)
_LOUD_PERCENTILE = 95
_QUIETEST = 0.1
"""Share of the frames of the turns in which a noise shows that is not heard between them."""


@dataclass(frozen=True)
class Quality:
    """peak_dbfs: of the largest sample. clipped_samples: at full scale. longest_silence: seconds, anywhere.

    speech_share: of the duration. snr_db: power of the turns over that of what else is heard, at most MOST_SNR_DB;
    None where there is no sound.
    """

    peak_dbfs: float
    clipped_samples: int
    longest_silence: float
    speech_share: float
    snr_db: float | None


def measure_quality(pcm: Pcm, timeline: Timeline) -> Quality:
    """Measure a recording; its timeline tells between which turns nobody speaks.

    A frame of 10 ms is speech where its power is less than 40 dB below the loud frames', and 6 dB above the noise
    between the turns.
    """
    frame = max(round(_FRAME_SECONDS * timeline.sample_rate), 1)
    power = _powers(pcm, frame)
    peak = max(int(pcm.max(initial=0)), -int(pcm.min(initial=0)))
    clipped = int(np.count_nonzero(np.abs(pcm.astype(np.int32)) >= FULL_SCALE)) if peak >= FULL_SCALE else 0
    between = _between_turns(timeline, frame, len(power))
    noise = float(power[between].mean()) if between.any() else 0.0
    heard = power[power > 0]
    loud = float(np.percentile(heard, _LOUD_PERCENTILE)) if len(heard) else 0.0
    speech = power > max(loud * _BELOW_SPEECH, noise * _ABOVE_NOISE)
    return Quality(
        peak_dbfs=20 * math.log10(max(peak, 1) / FULL_SCALE),
        clipped_samples=clipped,
        longest_silence=_longest_run(~speech) * frame / timeline.sample_rate,
        speech_share=float(speech.mean()) if len(speech) else 0.0,
        snr_db=_snr_db(power, ~between, noise),
    )


def _powers(pcm: Pcm, frame: int) -> NDArray[np.float64]:
    """Return the mean square of each whole frame, shape [samples // frame]."""
    blocks = pcm[: len(pcm) // frame * frame].reshape(-1, frame).astype(np.float32)
    powers: NDArray[np.float64] = np.einsum("ij,ij->i", blocks, blocks).astype(np.float64) / frame
    return powers


def _between_turns(timeline: Timeline, frame: int, frames: int) -> NDArray[np.bool_]:
    """Tell which frames lie wholly between two turns, before the first or after the last."""
    between = np.ones(frames, np.bool_)
    for start, end in zip(timeline.starts, timeline.ends, strict=True):
        between[start // frame : -(-end // frame)] = False
    return between


def _snr_db(power: NDArray[np.float64], turns: NDArray[np.bool_], noise: float) -> float | None:
    """Return the turns' power over the noise's; a noise that only they have is looked for in their pauses."""
    level = float(power[turns].mean()) if turns.any() else 0.0
    if level == 0:
        return None
    if noise == 0:
        quiet = np.sort(power[power > 0])[: max(round(_QUIETEST * np.count_nonzero(power)), 1)]
        noise = float(quiet.mean())
    if level <= noise:
        return 0.0
    return min(10 * math.log10((level - noise) / noise), MOST_SNR_DB)


def _longest_run(flags: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return int((edges[1::2] - edges[::2]).max(initial=0))
