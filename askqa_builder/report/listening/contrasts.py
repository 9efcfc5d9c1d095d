"""Intervals of what is made of several means: of a mean over groups of unequal size, of a difference of two groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from askqa_builder.report.listening.bootstrap import Interval, Numbers, Places, interval

_NORMAL_975 = 1.959963984540054


def of_means(
    values: Numbers, groups: Places, weights: Mapping[int, float], raters: Places, clips: Places, key: str
) -> Interval:
    """Return the sum of the groups' means, each times its weight, with its interval as of `bootstrap.interval`.

    groups: of each value, [n]; those without a weight do not count. The interval is that of the sum's linear part (its
    influence function: Wolter 2007, Introduction to Variance Estimation, chapter 6): so groups that are drawn larger or
    smaller do not pass for groups that differ.
    """
    chosen = np.isin(groups, list(weights))
    values, groups, raters, clips = values[chosen], groups[chosen], raters[chosen], clips[chosen]
    total = 0.0
    influence = np.zeros(len(values))
    for group, weight in weights.items():
        of = groups == group
        mean = float(values[of].mean())
        total += weight * mean
        influence[of] = weight * (values[of] - mean) * len(values) / of.sum()
    around = interval(influence, raters, clips, key)
    return Interval(total, total + around.low, total + around.high)


def share(hits: Numbers, raters: Places, clips: Places, key: str) -> Interval:
    """Return a share with its interval, from 0 to 1. hits: 0 or 1, [n].

    Where all are hits or none, nothing scatters: then Wilson's interval (1927), each clip taken as one trial, since
    what several raters say of one clip is not said independently.
    """
    found = interval(hits, raters, clips, key)
    if found.mean in (0.0, 1.0):
        of_clips = len(np.unique(clips))
        edge = _NORMAL_975**2 / (of_clips + _NORMAL_975**2)
        return replace(found, low=0.0, high=edge) if found.mean == 0 else replace(found, low=1 - edge, high=1.0)
    return bounded(found, 0.0, 1.0)


def bounded(found: Interval, lowest: float, highest: float) -> Interval:
    """Return an interval that no value it is of can leave."""
    low, high = np.clip((found.low, found.high), lowest, highest)
    return replace(found, low=float(low), high=float(high))
