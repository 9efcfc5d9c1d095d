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


def wilson_of_clusters(share: float, of: int, design_effect: float, clusters: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of things that come in clusters, such as questions in stories.

    of: number of things. design_effect: the variance of such shares by that of as many independent things; below 1 it
    counts as 1. clusters: two or more; where they are few, the variance itself is uncertain. It is Wilson's of fewer
    things, which is among the intervals that hold best in clustered samples (Franco, Little, Louis and Slud 2019,
    "Comparative Study of Confidence Intervals for Proportions in Complex Sample Surveys", Journal of Survey Statistics
    and Methodology 7(3)): divided by the design effect, and by the square of how much wider Student's distribution is
    than the normal one (Korn and Graubard 1998, "Confidence Intervals for Proportions with Small Expected Number of
    Positive Counts Estimated from Survey Data", Survey Methodology 24(2)).
    """
    from scipy.stats import t

    effective = of / max(design_effect, 1.0) * (_Z / float(t.ppf(0.975, clusters - 1))) ** 2
    return wilson(share * effective, effective)
