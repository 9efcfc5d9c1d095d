"""Confidence intervals of means over raters and clips, both drawn at random from many.

Resampling ratings one by one would call a mean of 5 raters × 40 clips as sure as one of 200 raters. The pigeonhole
bootstrap (Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1(2)) resamples raters and clips, each
with multinomial weights, and weighs a rating by the product of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from askqa_builder.seeds import derive_seed

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

LEVEL = 0.95
REPLICATES = 2000
_CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % confidence interval; NaN where one clip, or equal ratings, tell nothing of others."""

    mean: float
    low: float
    high: float


def interval(values: Numbers, raters: Places, clips: Places, key: str) -> Interval:
    """Return the mean of values and its interval. raters, clips: who said it of what, numbered from 0; all [n].

    The width comes from the bootstrap's standard error and Student's t, whose degrees of freedom are Satterthwaite's
    from the parts that raters and clips have in it: percentiles of the bootstrap are too narrow with few raters
    (benchmarks/rating_intervals.py tells how often this one holds the truth). It errs on the wide side where most of
    what differs is chance: the pigeonhole bootstrap counts that three times. With one rater the interval is over clips
    only. key: seeds the draws; the same ratings give the same interval.
    """
    mean = float(values.mean())
    who, of_whom = _numbered(raters)
    what, of_what = _numbered(clips)
    if what == 1:
        return Interval(mean, float("nan"), float("nan"))
    sums, counts = np.zeros((who, what)), np.zeros((who, what))
    np.add.at(sums, (of_whom, of_what), values)
    np.add.at(counts, (of_whom, of_what), 1.0)
    generator = np.random.default_rng(derive_seed("bootstrap", key))
    by_raters = _variance(sums, counts, generator, raters=True, clips=False) if who > 1 else 0.0
    by_clips = _variance(sums, counts, generator, raters=False, clips=True)
    variance = _variance(sums, counts, generator, raters=True, clips=True) if who > 1 else by_clips
    if variance == 0 or by_raters + by_clips == 0:
        return Interval(mean, float("nan"), float("nan"))
    freedom = (by_raters + by_clips) ** 2 / (by_raters**2 / max(who - 1, 1) + by_clips**2 / (what - 1))
    half = float(student.ppf((1 + LEVEL) / 2, freedom)) * variance**0.5
    return Interval(mean, mean - half, mean + half)


def _numbered(places: Places) -> tuple[int, Places]:
    """Number those that occur from 0 on; return how many they are, and the numbers."""
    there, numbers = np.unique(places, return_inverse=True)
    return len(there), numbers


def _variance(sums: Numbers, counts: Numbers, generator: np.random.Generator, *, raters: bool, clips: bool) -> float:
    """Return the variance of the mean where raters, clips or both are drawn again.

    sums, counts: of the ratings, [raters, clips]. A bootstrap of m has (m - 1)/m of the variance: put right where one
    of the two is drawn; where both are, the pigeonhole bootstrap's own excess makes up for it.
    """
    who, what = sums.shape
    means = []
    for size in _parts(max(who, what)):
        of_raters = _weights(generator, who, size) if raters else np.ones((size, who))
        of_clips = _weights(generator, what, size) if clips else np.ones((size, what))
        weight = ((of_raters @ counts) * of_clips).sum(axis=1)
        total = ((of_raters @ sums) * of_clips).sum(axis=1)
        means.append(total[weight > 0] / weight[weight > 0])  # few ratings: a draw may meet none
    drawn = np.concatenate(means)
    if len(drawn) < 2:
        return 0.0
    correction = 1.0
    if raters != clips:
        number = who if raters else what
        correction = number / (number - 1)
    return float(drawn.var()) * correction


def _parts(width: int) -> list[int]:
    """Divide the replicates, so that a part with its weights fits the memory however many raters or clips there are."""
    size = max(1, min(REPLICATES, _CELLS_AT_ONCE // width))
    return [size] * (REPLICATES // size) + ([REPLICATES % size] if REPLICATES % size else [])


def _weights(generator: np.random.Generator, number: int, size: int) -> Numbers:
    """Draw how often each of `number` is met in as many draws, [size, number]."""
    return generator.multinomial(number, np.full(number, 1 / number), size).astype(np.float64)
