"""How far a judge agrees with an automatic score, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askqa_builder.evaluation.metrics.resampling import LEVEL, RESAMPLES
from askqa_builder.seeds import derive_seed

_LEAST_DEFINED = 0.95
"""Of the draws, those that must have a correlation, or there is no interval."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Correlation:
    """Spearman's rank correlation of judgements with scores, with a 95 % interval.

    spearman: None where either is the same for all, or there is one pair at most. low, high: None there as well, and
    where the pairs are from one story, or many draws of stories have no correlation.
    """

    answers: int
    stories: int
    spearman: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the figures."""
        return asdict(self)


def correlation(
    ratings: Sequence[float], scores: Sequence[float], story_ids: Sequence[str], seed: int = 0
) -> Correlation:
    """Correlate ratings with scores of the same answers; the interval is a percentile bootstrap over stories.

    story_ids: of each answer; answers to one story are drawn together. Raises ValueError for uneven lengths.
    """
    pairs = list(zip(ratings, scores, story_ids, strict=True))
    rated, scored = (np.array([pair[i] for pair in pairs], dtype=np.float64) for i in (0, 1))
    clusters = _clusters([pair[2] for pair in pairs])
    found = spearman(rated, scored)
    low, high = (None, None) if found is None else _interval(rated, scored, clusters, seed)
    return Correlation(len(pairs), len(clusters), found, low, high)


def _clusters(story_ids: Sequence[str]) -> list[NDArray[np.intp]]:
    places: dict[str, list[int]] = {}
    for place, story_id in enumerate(story_ids):
        places.setdefault(story_id, []).append(place)
    return [np.array(places[story_id], dtype=np.intp) for story_id in sorted(places)]


def _interval(
    rated: Floats, scored: Floats, clusters: Sequence[NDArray[np.intp]], seed: int
) -> tuple[float | None, float | None]:
    if len(clusters) < 2:
        return None, None
    generator = np.random.default_rng(derive_seed("judge agreement", seed))
    drawn = []
    for _ in range(RESAMPLES):  # ranks are no sums over stories, as `StoryBootstrap` needs them
        chosen = np.concatenate([clusters[i] for i in generator.integers(len(clusters), size=len(clusters))])
        drawn.append(spearman(rated[chosen], scored[chosen]))
    return percentiles(drawn)


def percentiles(drawn: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Return the 95 % interval of what was drawn; None where many draws have no correlation."""
    defined = [one for one in drawn if one is not None]
    if len(defined) < max(2, _LEAST_DEFINED * len(drawn)):
        return None, None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def spearman(first: Floats, second: Floats) -> float | None:
    """Correlate ranks; equal values share theirs. None where either is the same for all, or there is one at most."""
    from scipy.stats import rankdata  # half a second to import, which runs without a judge save

    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])
