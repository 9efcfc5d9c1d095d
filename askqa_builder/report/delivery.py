"""How turns are said: how many in which style, with which emotion, and what was measured of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from askqa_builder.report.frames import Frames
from askqa_builder.voices.style import NEUTRAL

MEASURES = ("f0_mean", "f0_range", "articulation_rate", "energy")
CHANGES = ("f0_change", "f0_range_change", "articulation_rate_change", "energy_change")
KINDS = ("style", "draw", "text_label", "intended", "recognised")

COLUMNS = ["by", "group", "turns", *MEASURES, "compared", *CHANGES]

_OCTAVE = 12.0


def by_delivery(frames: Frames) -> pd.DataFrame:
    """Return a line each style, draw, text label, intended and recognised emotion that turns have; see `COLUMNS`.

    Each utterance counts once. by: one of `KINDS`. Means over turns: f0_mean (Hz), f0_range (semitones),
    articulation_rate (syllables a second), energy (dBFS). Of styles but neutral: the means of `changes`, over
    `compared` turns.
    """
    spoken = frames.spoken
    spoken = pd.concat([spoken, changes(spoken)], axis=1)
    lines = [line for by in KINDS for line in _lines(spoken, by)]
    return pd.DataFrame(lines, columns=COLUMNS)


def changes(turns: pd.DataFrame) -> pd.DataFrame:
    """Return how far turns are from the neutral ones of the same role and voice, with the same index.

    Columns f0_change (semitones, from the mean of logarithms), f0_range_change (semitones), articulation_rate_change
    (factor), energy_change (dB); NaN where a turn has no style, is neutral, or no neutral one is there to compare with.
    """
    measured = pd.DataFrame({name: turns[name].astype(np.float64) for name in MEASURES})
    for name in ("f0_mean", "articulation_rate"):  # by ratio
        measured[name] = np.log2(measured[name].where(measured[name] > 0))
    keys = [turns["role"], turns["voice"]]
    neutral = turns["style"] == NEUTRAL
    usual = measured.where(neutral).groupby(keys).transform("mean")
    other = turns["style"].notna() & ~neutral
    found = (measured - usual).where(other)
    found["f0_mean"] *= _OCTAVE
    found["articulation_rate"] = 2 ** found["articulation_rate"]
    return found.rename(columns=dict(zip(MEASURES, CHANGES, strict=True)))


def _lines(spoken: pd.DataFrame, by: str) -> Iterator[list[object]]:
    for group, of in sorted(spoken.groupby(by), key=lambda one: (one[0] != NEUTRAL, str(one[0]))):
        means = [float(of[name].mean()) for name in MEASURES]
        compared: list[object] = [float("nan")] * (1 + len(CHANGES))
        if by == "style":
            compared = [int(of[list(CHANGES)].notna().any(axis=1).sum()), *(float(of[name].mean()) for name in CHANGES)]
        yield [by, str(group), len(of), *means, *compared]
