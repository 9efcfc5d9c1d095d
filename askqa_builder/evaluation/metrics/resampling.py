"""How sure a figure is: stories drawn again, and differences flipped story by story.

Several conversations are about one story and several rows of one conversation, so items are no independent draws;
stories are. The cluster bootstrap (Field and Welsh 2007, "Bootstrapping clustered data", Journal of the Royal
Statistical Society B 69(3)) draws as many stories as there are, with replacement, and takes all items of each.
Measures are functions of sums over items, so a draw is a product of how often each story is drawn with its sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np

from askqa_builder.evaluation.metrics.numbers import Numbers
from askqa_builder.seeds import derive_seed

RESAMPLES = 2000
FLIPS = 10_000
LEVEL = 0.95
POWER = 0.8

SAME = 1e-12
"""What sums in another order may differ by."""

_DEFINED = 0.95  # a measure that many more draws leave undefined has no interval
_AT_ONCE = 4_000_000

Value = Callable[[Numbers], Numbers]


@dataclass(frozen=True)
class Spread:
    """Percentiles of a measure over the draws, 2.5 and 97.5, and its standard deviation: the standard error."""

    low: float
    high: float
    error: float


class StoryBootstrap:
    """Draws stories again: the same for every measure of a run, and in every run with as many stories and this seed."""

    def __init__(self, stories: int, seed: int, resamples: int = RESAMPLES) -> None:
        """stories: as many as there are sums for."""
        self._stories = stories
        self._seed = seed
        self._resamples = resamples

    @cached_property
    def _drawn(self) -> Numbers:
        """How often each story is drawn, [resamples, stories]."""
        generator = np.random.default_rng(derive_seed("evaluation", "bootstrap", self._seed))
        shares = np.full(self._stories, 1 / self._stories)
        return generator.multinomial(self._stories, shares, self._resamples).astype(np.float64)

    def sums(self, by_story: Numbers) -> Numbers:
        """Return the sums of each draw, [resamples, columns]; by_story: [stories, columns]."""
        if not self._stories:
            return np.zeros((self._resamples, by_story.shape[1]))
        there = np.flatnonzero(np.any(by_story != 0, axis=1))
        drawn = self._drawn if len(there) == self._stories else self._drawn[:, there]
        return np.asarray(drawn @ by_story[there])


def spread(values: Numbers) -> Spread | None:
    """Return how a measure varies over draws, [resamples].

    None where draws are all alike, which says nothing of other stories, and where the measure is of nothing in more
    than one of twenty.
    """
    defined = values[~np.isnan(values)]
    if len(defined) < max(2, _DEFINED * len(values)):
        return None
    error = float(defined.std(ddof=1))
    if error < SAME:
        return None
    low, high = np.percentile(defined, (50 * (1 - LEVEL), 50 * (1 + LEVEL)))
    return Spread(float(low), float(high), error)


class StoryFlips:
    """Flips which of two runs is which, story by story: what differences look like where the runs do not differ."""

    def __init__(self, stories: int, seed: int, flips: int = FLIPS) -> None:
        """stories: as many as there are sums for."""
        generator = np.random.default_rng(derive_seed("evaluation", "flips", seed))
        self._flipped = generator.integers(0, 2, (flips, stories), dtype=np.int8)

    def moved(self, change: Numbers) -> Numbers:
        """Return what each flip takes from one run's sums and gives to the other's, [flips, columns].

        change: by how much the second run's sums are above the first's, [stories, columns].
        """
        there = np.flatnonzero(np.any(change != 0, axis=1))
        size = max(1, _AT_ONCE // max(1, len(there)))
        parts = [
            self._flipped[begin : begin + size, there].astype(np.float64) @ change[there]
            for begin in range(0, len(self._flipped), size)
        ]
        return np.concatenate(parts)


def p_value(a: Numbers, b: Numbers, moved: Numbers, value: Value) -> float:
    """Return the two-sided p of a measure's difference, by paired randomisation.

    a, b: sums of the runs, [columns]. moved: of `StoryFlips`. Never 0: the runs as they are count as a flip (Phipson
    and Smyth 2010, "Permutation P-values should never be zero"). A flip in which the measure is of nothing counts as a
    difference as large. NaN where the measure is of nothing in either run.
    """
    observed = abs(float(value(b) - value(a)))
    if math.isnan(observed):
        return math.nan
    differences = np.abs(value(b - moved) - value(a + moved))
    reached = int(np.sum(~(differences < observed - SAME)))
    return (reached + 1) / (len(moved) + 1)


def detectable_difference(error: float) -> float:
    """Return the smallest true difference that a test at 5 %, two-sided, finds in four of five repetitions.

    It is (z of 0.975 + z of 0.8) × the standard error of the difference: Bloom 1995, "Minimum Detectable Effects: A
    Simple Way to Report the Statistical Power of Experimental Designs", Evaluation Review 19(5). error: of the
    difference; for two runs that are not paired, √2 × that of one.
    """
    normal = NormalDist()
    return (normal.inv_cdf((1 + LEVEL) / 2) + normal.inv_cdf(POWER)) * error


def holm(p_values: list[float]) -> list[float]:
    """Return p values corrected for being many (Holm 1979), in the order given."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted
