"""Intervals of shares and differences, on ratings whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from askqa_builder.report.listening import bootstrap
from askqa_builder.report.listening.contrasts import of_means, share


def drawn(generator: np.random.Generator, raters: int, clips: int) -> tuple[np.ndarray, ...]:
    """Ratings of two groups of clips, the first of a third of them and half a point better."""
    who, what = (part.ravel() for part in np.mgrid[:raters, :clips])
    groups = (np.arange(clips) % 3 > 0).astype(np.int64)
    values = (
        3.0
        + 0.5 * (groups[what] == 0)
        + generator.normal(0, 0.5, raters)[who]
        + generator.normal(0, 0.4, clips)[what]
        + generator.normal(0, 0.7, raters * clips)
    )
    return values, groups[what], who, what


def test_differences_are_within_their_intervals_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "REPLICATES", 400)
    generator = np.random.default_rng(3)
    held, tests, widths = 0, 200, []
    for number in range(tests):
        values, groups, who, what = drawn(generator, 6, 30)
        found = of_means(values, groups, {0: 1.0, 1: -1.0}, who, what, str(number))
        assert found.mean == pytest.approx(values[groups == 0].mean() - values[groups == 1].mean())
        held += found.low <= 0.5 <= found.high
        widths.append(found.high - found.low)
    assert held / tests >= 0.90
    # how strict a rater is does not blur a difference: an interval over all ratings of one group is wider than that
    assert np.median(widths) < 1.2


def test_groups_without_a_weight_do_not_count() -> None:
    generator = np.random.default_rng(4)
    values, groups, who, what = drawn(generator, 5, 12)
    other = np.where(groups == 1, 99.0, values)
    assert of_means(other, groups, {0: 1.0}, who, what, "x").mean == pytest.approx(values[groups == 0].mean())


@pytest.mark.parametrize("truth", [0.3, 0.7])
def test_shares_are_within_their_intervals_as_often_as_they_say(truth: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "REPLICATES", 400)
    generator = np.random.default_rng(5)
    held, tests = 0, 200
    for number in range(tests):
        clear = generator.beta(4 * truth, 4 * (1 - truth), 20)  # some clips are clearer than others
        who, what = (part.ravel() for part in np.mgrid[:6, :20])
        hits = (generator.random(120) < clear[what]).astype(np.float64)
        found = share(hits, who, what, str(number))
        assert 0 <= found.low <= found.high <= 1
        held += found.low <= truth <= found.high
    assert held / tests >= 0.90


def test_all_hits_and_none() -> None:
    who, what = (part.ravel() for part in np.mgrid[:3, :10])
    full, empty = (share(np.full(30, value), who, what, "x") for value in (1.0, 0.0))
    assert (full.low, full.high) == (pytest.approx(0.722, abs=0.001), 1.0)  # of 10 clips, not of 30 ratings
    assert (empty.low, empty.high) == (0.0, pytest.approx(0.278, abs=0.001))
    one = share(np.array([1.0]), np.array([0]), np.array([0]), "x")
    assert one.low < 0.3
