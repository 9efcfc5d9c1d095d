from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, norm

from askqa_builder.evaluation.metrics.action_formulas import balanced_accuracy
from askqa_builder.evaluation.metrics.numbers import Numbers, share_of
from askqa_builder.evaluation.metrics.resampling import (
    StoryBootstrap,
    StoryFlips,
    detectable_difference,
    holm,
    p_value,
    spread,
)


def share(sums: Numbers) -> Numbers:
    return share_of(sums[..., 0], sums[..., 1])


def clustered(generator: np.random.Generator, stories: int, bias: float = 0.0) -> Numbers:
    """Right answers and questions of stories, each of which is easier or harder than others."""
    questions = generator.integers(1, 6, stories)
    ease = np.clip(generator.normal(0.6 + bias, 0.25, stories), 0, 1)
    return np.column_stack([generator.binomial(questions, ease), questions]).astype(float)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    generator = np.random.default_rng(5)
    truth = float(np.clip(generator.normal(0.6, 0.25, 400_000), 0, 1).mean())
    held = naive = 0
    for test in range(300):
        table = clustered(generator, 80)
        found = spread(share(StoryBootstrap(80, test, 500).sums(table)))
        assert found is not None
        held += found.low <= truth <= found.high
        mean = float(share(table.sum(axis=0)))
        naive += abs(mean - truth) <= 1.96 * math.sqrt(mean * (1 - mean) / table[:, 1].sum())
    assert 0.91 <= held / 300 <= 0.98
    assert held > naive  # who takes questions for independent is too sure


def test_the_standard_error_is_that_of_repetitions() -> None:
    generator = np.random.default_rng(6)
    repeated = [float(share(clustered(generator, 200).sum(axis=0))) for _ in range(400)]
    found = spread(share(StoryBootstrap(200, 1).sums(clustered(generator, 200))))
    assert found is not None
    assert found.error == pytest.approx(np.std(repeated), rel=0.25)


def test_p_values_are_even_where_runs_do_not_differ() -> None:
    """Stories are easier or harder than others, for both runs alike; each has its own luck."""
    generator = np.random.default_rng(8)
    found = []
    for test in range(400):
        questions = generator.integers(1, 6, 40).astype(float)
        ease = generator.normal(0.6, 0.3, 40) * questions
        scores = ease[:, None] + generator.normal(0, 0.2, (40, 2)) * np.sqrt(questions)[:, None]
        a, b = (np.column_stack([scores[:, place], questions]) for place in (0, 1))
        moved = StoryFlips(40, test, 400).moved(b - a)
        found.append(p_value(a.sum(axis=0), b.sum(axis=0), moved, share))
    assert kstest(found, "uniform").pvalue > 0.01
    assert 0.02 <= np.mean(np.array(found) <= 0.05) <= 0.08


def test_p_by_hand() -> None:
    """Ten stories, in each of which the second run is better by as much: two flips of 1,024 are as extreme."""
    a, b = np.zeros((10, 2)), np.ones((10, 2))
    a[:, 1] = 1
    moved = StoryFlips(10, 0, 40_000).moved(b - a)
    assert p_value(a.sum(axis=0), b.sum(axis=0), moved, share) == pytest.approx(2 / 1024, rel=0.35)
    assert p_value(a.sum(axis=0), a.sum(axis=0), StoryFlips(10, 0, 100).moved(a - a), share) == 1
    few = StoryFlips(60, 0, 99).moved(np.ones((60, 2)))
    assert p_value(np.array([0.0, 60.0]), np.array([60.0, 60.0]), few * [1, 0], share) == 1 / 100


def test_flips_hold_for_measures_that_are_no_means() -> None:
    """Balanced accuracy of all flips of three stories, against every flip made by hand."""
    a = np.array([[1, 0, 1, 2], [0, 1, 1, 1], [2, 0, 0, 1]], dtype=float)
    b = np.array([[2, 1, 0, 1], [1, 0, 0, 2], [1, 0, 1, 1]], dtype=float)
    observed = abs(float(balanced_accuracy(b.sum(axis=0)) - balanced_accuracy(a.sum(axis=0))))
    reached = 0
    for flips in range(8):
        chosen = np.array([(flips >> place) & 1 for place in range(3)], dtype=bool)
        one, other = np.where(chosen[:, None], b, a).sum(axis=0), np.where(chosen[:, None], a, b).sum(axis=0)
        reached += abs(float(balanced_accuracy(other) - balanced_accuracy(one))) >= observed - 1e-12
    moved = StoryFlips(3, 0, 40_000).moved(b - a)
    assert p_value(a.sum(axis=0), b.sum(axis=0), moved, balanced_accuracy) == pytest.approx(reached / 8, abs=0.02)


def test_what_cannot_vary_has_no_spread() -> None:
    constant = np.ones((20, 2))
    assert spread(share(StoryBootstrap(20, 0).sums(constant))) is None
    assert spread(share(StoryBootstrap(1, 0).sums(np.array([[1.0, 2.0]])))) is None
    assert spread(share(StoryBootstrap(0, 0).sums(np.zeros((0, 2))))) is None
    rare = np.zeros((20, 2))
    rare[:2] = [[1, 1], [0, 1]]  # in one of eight draws there is neither
    assert spread(share(StoryBootstrap(20, 0).sums(rare))) is None


def test_draws_are_the_seeds() -> None:
    table = clustered(np.random.default_rng(1), 30)
    same = [spread(share(StoryBootstrap(30, 4).sums(table))) for _ in range(2)]
    other = spread(share(StoryBootstrap(30, 5).sums(table)))
    assert same[0] == same[1]
    assert same[0] != other


def test_a_draw_has_as_many_stories() -> None:
    assert (StoryBootstrap(30, 4, 50).sums(np.ones((30, 1))) == 30).all()
    some = np.zeros((30, 1))
    some[3] = 7
    assert set(np.unique(StoryBootstrap(30, 4, 50).sums(some) % 7)) == {0}


def test_the_detectable_difference_is_found_four_times_in_five() -> None:
    difference = detectable_difference(1.0)
    assert difference == pytest.approx(2.8016, abs=1e-4)  # 1.96 + 0.8416
    assert norm.sf(1.959964 - difference) == pytest.approx(0.8, abs=1e-5)


def test_holm_by_hand() -> None:
    """Holm 1979: each times how many are left, never less than one before it."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_only_raises_and_keeps_the_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(p <= c <= 1 for p, c in zip(p_values, corrected, strict=True))
    assert [c for _, c in sorted(zip(p_values, corrected, strict=True))] == sorted(corrected)
    assert corrected[p_values.index(min(p_values))] == min(1.0, min(p_values) * len(p_values))
