"""Arrays of sums, and shares of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def share_of(part: Numbers, whole: Numbers) -> Numbers:
    """Divide element by element; NaN where the whole is 0."""
    nothing = np.full(np.broadcast_shapes(np.shape(part), np.shape(whole)), np.nan)
    return np.asarray(np.divide(part, whole, out=nothing, where=np.asarray(whole) != 0))


def weighted_mean(pairs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Return the mean of (weight, value) and the sum of weights, both rounded once; 0 and 0 of nothing."""
    both = list(pairs)
    total = math.fsum(weight for weight, _ in both)
    if not total:
        return 0.0, 0.0
    values = {value for _, value in both}
    mean = values.pop() if len(values) == 1 else math.fsum(weight * value for weight, value in both) / total
    return mean, total


def known(value: Any) -> float | None:
    """Return a number as JSON may have it: None for NaN."""
    return None if value is None or math.isnan(value) else float(value)
