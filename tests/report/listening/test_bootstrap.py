"""Intervals of mean opinion scores, on ratings whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from askqa_builder.report.listening import bootstrap
from askqa_builder.report.listening.bootstrap import interval

TRUTH = 3.4


def simulated(
    generator: np.random.Generator, raters: int, clips: int, spread: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ratings that differ by rater, by clip and by chance, with these standard deviations."""
    of_rater, of_clip, by_chance = spread
    who, what = (part.ravel() for part in np.mgrid[:raters, :clips])
    values = (
        TRUTH
        + generator.normal(0, of_rater, raters)[who]
        + generator.normal(0, of_clip, clips)[what]
        + generator.normal(0, by_chance, raters * clips)
    )
    return values, who, what


@pytest.mark.parametrize(
    ("raters", "clips", "spread"),
    [(8, 30, (0.3, 0.4, 0.7)), (4, 20, (0.4, 0.3, 0.6)), (10, 10, (0.0, 0.5, 0.5)), (1, 24, (0.0, 0.5, 0.5))],
)
def test_intervals_hold_the_truth_as_often_as_they_say(
    raters: int, clips: int, spread: tuple[float, float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "REPLICATES", 400)
    generator = np.random.default_rng(5)
    tests, held = 200, 0
    for number in range(tests):
        found = interval(*simulated(generator, raters, clips, spread), str(number))
        held += found.low <= TRUTH <= found.high
    assert held / tests >= 0.90  # two standard errors of 200 tests below 95 %, and a little


def test_resampling_ratings_alone_would_hold_it_far_less_often() -> None:
    """What the pigeonhole bootstrap is for: raters differ, and each of them rates many clips."""
    generator = np.random.default_rng(6)
    held, tests = 0, 200
    for _ in range(tests):
        values, _, _ = simulated(generator, 4, 40, (0.4, 0.3, 0.6))
        half = 1.96 * values.std() / len(values) ** 0.5
        held += abs(values.mean() - TRUTH) <= half
    assert held / tests < 0.7


def test_missing_ratings_are_no_ratings() -> None:
    generator = np.random.default_rng(7)
    values, who, what = simulated(generator, 6, 20, (0.3, 0.3, 0.5))
    there = generator.random(len(values)) < 0.5
    found = interval(values[there], who[there], what[there], "x")
    assert found.mean == pytest.approx(values[there].mean())
    assert found.low < found.mean < found.high


def test_the_same_ratings_give_the_same_interval() -> None:
    ratings = simulated(np.random.default_rng(8), 5, 12, (0.3, 0.3, 0.5))
    assert interval(*ratings, "a") == interval(*ratings, "a")
    assert interval(*ratings, "a") != interval(*ratings, "b")


@pytest.mark.parametrize("raters", [1, 5])
def test_one_clip_has_no_interval(raters: int) -> None:
    found = interval(np.full(raters, 4.0), np.arange(raters), np.zeros(raters, int), "x")
    assert found.mean == 4
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def test_equal_ratings_have_no_interval() -> None:
    found = interval(np.full(6, 4.0), np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]), "x")
    assert found.mean == 4
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def test_one_rater_is_an_interval_over_clips() -> None:
    values = np.array([1.0, 2, 3, 4, 5, 3, 2, 4])
    found = interval(values, np.zeros(8, int), np.arange(8), "x")
    textbook = 2.365 * values.std(ddof=1) / 8**0.5
    assert (found.high - found.low) / 2 == pytest.approx(textbook, rel=0.06)
