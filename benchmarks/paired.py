"""Paired differences with their intervals, for benchmarks that compare the same turns said in two ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Mean of paired differences and Cohen's d of them (mean over standard deviation), each with its 95 % interval."""

    mean: float
    low: float
    high: float
    d: float
    d_low: float
    d_high: float
    turns: int


def difference(before: _Floats, after: _Floats) -> Difference:
    """Compare turn by turn; the intervals are percentiles of resampled turns."""
    pairs = after - before
    drawn = np.random.default_rng(1).integers(0, len(pairs), (RESAMPLES, len(pairs)))
    means, effects = pairs[drawn].mean(axis=1), _effect(pairs[drawn])
    low, high = np.percentile(means, (2.5, 97.5))
    d_low, d_high = np.percentile(effects, (2.5, 97.5))
    return Difference(float(pairs.mean()), low, high, float(_effect(pairs)), d_low, d_high, len(pairs))


def _effect(pairs: _Floats) -> _Floats:
    spread = pairs.std(axis=-1, ddof=1)
    effect: _Floats = pairs.mean(axis=-1) / np.maximum(spread, 1e-9)
    return effect
