from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from askqa_builder.evaluation.judge.agreement import Correlation, correlation

RATED = [0, 5, 3, 4, 1, 2, 5, 0]
SCORED = [0.1, 0.9, 0.4, 1.0, 0.2, 0.2, 0.8, 0.0]
STORIES = ["a", "a", "b", "b", "c", "c", "d", "e"]


def test_it_is_spearmans_with_an_interval_around_it() -> None:
    found = correlation(RATED, SCORED, STORIES)
    assert found.spearman == pytest.approx(spearmanr(RATED, SCORED).statistic)
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.spearman <= found.high <= 1
    assert (found.answers, found.stories) == (8, 5)
    assert found == correlation(RATED, SCORED, STORIES)
    assert found.to_json()["spearman"] == found.spearman


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0.0, 0.25, 0.5, 1.0])), min_size=2, max_size=30))
def test_ties_are_ranked_as_scipy_ranks_them(pairs: list[tuple[int, float]]) -> None:
    rated, scored = zip(*pairs, strict=True)
    found = correlation(rated, scored, ["a"] * len(pairs)).spearman
    if len(set(rated)) == 1 or len(set(scored)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(spearmanr(rated, scored).statistic)


@pytest.mark.parametrize(
    ("rated", "scored", "stories", "spearman"),
    [
        ([], [], [], None),
        ([3], [0.5], ["a"], None),
        ([3, 3], [0.5, 0.6], ["a", "b"], None),
        ([3, 4], [0.5, 0.5], ["a", "b"], None),
        ([1, 2, 3], [0.1, 0.2, 0.3], ["a", "a", "a"], pytest.approx(1)),  # one story: nothing to draw from
        ([1, 2], [0.1, 0.2], ["a", "b"], pytest.approx(1)),  # half of the draws have one answer twice
    ],
)
def test_what_cannot_be_told_is_none(
    rated: list[int], scored: list[float], stories: list[str], spearman: float | None
) -> None:
    found = correlation(rated, scored, stories)
    assert found == Correlation(len(rated), len(set(stories)), spearman, None, None)


def test_answers_to_one_story_are_drawn_together() -> None:
    generator = np.random.default_rng(1)
    rated = generator.integers(0, 6, size=40).astype(float)
    scored = rated + generator.normal(0, 3, size=40)
    apart = correlation(rated, scored, [str(i) for i in range(40)])
    # each answer eight times: as many answers more, and not a story more
    together = correlation(np.repeat(rated, 8), np.repeat(scored, 8), [str(i // 8) for i in range(320)])
    assert together.spearman == pytest.approx(apart.spearman)
    assert apart.low is not None
    assert together.low == pytest.approx(apart.low, abs=0.08)


def test_uneven_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        correlation([1, 2], [0.5], ["a", "b"])
