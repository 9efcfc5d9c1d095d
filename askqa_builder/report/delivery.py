"""How turns are said: how many in which style, with which emotion, and what was measured of them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from askqa_builder.report.frames import Frames
from askqa_builder.report.style_effects import FEWEST_TURNS, mean_change
from askqa_builder.voices.style import NEUTRAL

MEASURES = ("f0_mean", "f0_range", "articulation_rate", "energy")
CHANGES = ("f0_change", "f0_range_change", "articulation_rate_change", "energy_change")
KINDS = ("style", "draw", "text_label", "intended", "recognised")

_ENDS = ("", "_low", "_high")
_COMPARED = ("compared", "neutral")

COLUMNS = ["by", "group", "turns", *MEASURES, *_COMPARED, *(f"{name}{end}" for name in CHANGES for end in _ENDS)]

_BY_RATIO = ("f0_mean", "articulation_rate")
_OCTAVE = 12.0
_UNITS = {"f0_change": " st", "f0_range_change": " st", "articulation_rate_change": " ×", "energy_change": " dB"}


def by_delivery(frames: Frames) -> pd.DataFrame:
    """Return a line each style, draw, text label, intended and recognised emotion that turns have; see `COLUMNS`.

    Each utterance counts once. by: one of `KINDS`. Means over turns: f0_mean (Hz), f0_range (semitones),
    articulation_rate (syllables a second), energy (dBFS). Of styles but neutral, beside neutral turns of the same role
    and voice, see `style_effects.mean_change`: how many turns are `compared`, with how many `neutral` ones; f0_change
    (semitones), f0_range_change (semitones), articulation_rate_change (factor), energy_change (dB), each with the ends
    of its 95 % interval, `_low` and `_high`, NaN where there is none.
    """
    spoken = frames.spoken
    lines = [line for by in KINDS for line in _lines(spoken, by)]
    return pd.DataFrame(lines, columns=COLUMNS)


def changes(turns: pd.DataFrame) -> pd.DataFrame:
    """Return how far turns are from the neutral ones of the same role and voice, with the same index.

    Columns f0_change (semitones, from the mean of logarithms), f0_range_change (semitones), articulation_rate_change
    (factor), energy_change (dB); NaN where a turn has no style, is neutral, or no neutral one is there to compare with.
    """
    measured = _measured(turns)
    neutral = turns["style"] == NEUTRAL
    usual = measured.where(neutral).groupby([turns["role"], turns["voice"]]).transform("mean")
    other = turns["style"].notna() & ~neutral
    found = (measured - usual).where(other)
    found["articulation_rate"] = 2 ** found["articulation_rate"]
    return found.rename(columns=dict(zip(MEASURES, CHANGES, strict=True)))


def told_change(line: Mapping[Hashable, Any], name: str, *, unit: bool = False) -> str:
    """Return a change of `by_delivery` with its 95 % interval; "–" without one, as a bare difference tells nothing.

    unit: whether it is said, too.
    """
    mean, low, high = (float(line[f"{name}{end}"]) for end in _ENDS)
    if math.isnan(low):
        return "–"
    if name == "articulation_rate_change":
        told = f"{mean:.2f} ({low:.2f}–{high:.2f})"
    else:
        half = (high - low) / 2
        decimals = 1 if half >= 0.1 else 2  # no digits that the interval does not bear
        told = f"{mean:+.{decimals}f} ±{half:.{decimals}f}"
    return told + _UNITS[name] if unit else told


def few_turns(found: pd.DataFrame) -> list[str]:
    """Return the styles of which fewer than `FEWEST_TURNS` turns, or fewer neutral ones beside them, are compared."""
    compared = found[found["compared"] > 0]
    return [str(group) for group in compared.loc[compared[list(_COMPARED)].min(axis=1) < FEWEST_TURNS, "group"]]


def _measured(turns: pd.DataFrame) -> pd.DataFrame:
    """Return what is measured of turns so that differences count: F0 in semitones, the rate in octaves."""
    measured = pd.DataFrame({name: turns[name].astype(np.float64) for name in MEASURES})
    for name in _BY_RATIO:
        measured[name] = np.log2(measured[name].where(measured[name] > 0))
    measured["f0_mean"] *= _OCTAVE
    return measured


def _lines(spoken: pd.DataFrame, by: str) -> Iterator[list[object]]:
    for group, of in sorted(spoken.groupby(by), key=lambda one: (one[0] != NEUTRAL, str(one[0]))):
        means = [float(of[name].mean()) for name in MEASURES]
        beside: list[object] = [float("nan")] * (len(COLUMNS) - 3 - len(means))
        if by == "style":
            beside = _beside_neutral(spoken, str(group))
        yield [by, str(group), len(of), *means, *beside]


def _beside_neutral(spoken: pd.DataFrame, style: str) -> list[object]:
    turns = spoken[spoken["style"].isin([style, NEUTRAL]) & spoken["voice"].notna()]
    is_styled = turns["style"] != NEUTRAL
    heard = is_styled.groupby([turns["role"], turns["voice"]])
    both = turns[(heard.transform("any")) & (~heard.transform("all"))]
    measured = _measured(both)
    counted = measured.notna().any(axis=1).groupby(is_styled[both.index]).sum()
    found: list[object] = [int(counted.get(True, 0)), int(counted.get(False, 0))]
    for name in MEASURES:
        effect = mean_change(measured[name], is_styled[both.index], both)
        ends = (effect.mean, effect.low, effect.high)
        found += [2**end for end in ends] if name == "articulation_rate" else list(ends)
    return found
