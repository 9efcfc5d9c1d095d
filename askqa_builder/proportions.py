"""How sure a share is."""

from __future__ import annotations

import math
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)


def wilson(right: float, of: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (Wilson 1927). right: may be a sum of weights."""
    share = right / of
    middle = share + _Z**2 / (2 * of)
    half = _Z * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    return max((middle - half) / (1 + _Z**2 / of), 0.0), min((middle + half) / (1 + _Z**2 / of), 1.0)
