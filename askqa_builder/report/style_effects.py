"""How far a style moves what is measured: against neutral turns of the same role and voice, with an interval.

Turns are not paired: a style and neutral are drawn for different words. What differs beside the style is the speaker of
each conversation, whose rate and pitch all of its turns share, so conversations are the units that scatter: intervals
are from the jackknife that leaves out one at a time (Tukey 1958; Efron and Stein 1981, The jackknife estimate of
variance, Annals of Statistics 9(3)) and Student's t.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as student

from askqa_builder.report.listening.bootstrap import LEVEL, Interval

FEWEST_TURNS = 20
"""Of a style, or of the neutral turns beside it; of fewer, an interval is itself a rough guess, and is said to be."""

_UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))


def mean_change(values: pd.Series, is_styled: pd.Series, turns: pd.DataFrame) -> Interval:
    """Return the mean over styled turns of how far they are from the mean of the others of their role and voice.

    values: of the turns of one style and the neutral ones, NaN where not measured; turns: `role`, `voice` and
    `conversation_id` of each. Turns of a voice that is heard in one of the two only do not count. The interval is NaN
    where one of the two is heard in one conversation only: that tells nothing of others.
    """
    known = values.notna()
    cells = pd.DataFrame(
        {
            "stratum": turns.groupby(["role", "voice"]).ngroup(),
            "conversation": turns["conversation_id"],
            "styled": is_styled.astype(float),
            "styled_sum": values.where(is_styled, 0.0),
            "neutral": (~is_styled).astype(float),
            "neutral_sum": values.where(~is_styled, 0.0),
        }
    )[known]
    cells = cells[cells["stratum"] >= 0].groupby(["stratum", "conversation"]).sum().reset_index("conversation")
    strata = cells.groupby("stratum").sum(numeric_only=True)
    strata = strata[(strata["styled"] > 0) & (strata["neutral"] > 0)]
    cells = cells[cells.index.isin(strata.index)]
    whole = _totals(strata)
    if not whole["count"].sum():
        return _UNKNOWN
    mean = float(whole["sum"].sum() / whole["count"].sum())
    freedom = min(cells.loc[cells[arm] > 0, "conversation"].nunique() for arm in ("styled", "neutral")) - 1
    if freedom < 1:
        return Interval(mean, float("nan"), float("nan"))
    lost = whole.loc[cells.index] - _totals(strata.loc[cells.index] - cells[strata.columns])
    left = whole.sum() - lost.groupby(cells["conversation"].to_numpy()).sum()
    if not (left["count"] > 0).all():
        return Interval(mean, float("nan"), float("nan"))
    without = (left["sum"] / left["count"]).to_numpy(np.float64)
    variance = (len(without) - 1) / len(without) * float(((without - without.mean()) ** 2).sum())
    half = float(student.ppf((1 + LEVEL) / 2, freedom)) * variance**0.5
    return Interval(mean, mean - half, mean + half)


def _totals(strata: pd.DataFrame) -> pd.DataFrame:
    """Return how many styled turns count in each stratum, and the sum of their distances from its neutral mean."""
    there = strata["neutral"] > 0
    usual = strata["neutral_sum"] / strata["neutral"].where(there)
    count = strata["styled"].where(there, 0.0)
    return pd.DataFrame({"count": count, "sum": (strata["styled_sum"] - count * usual).where(there, 0.0)})
