from __future__ import annotations

import pytest
from scipy.stats import binomtest, norm, t

from askqa_builder.proportions import wilson, wilson_of_clusters


@pytest.mark.parametrize(("right", "of"), [(0, 20), (1, 20), (7, 20), (20, 20), (334, 1000), (9999, 20000)])
def test_wilsons_interval_is_scipys(right: int, of: int) -> None:
    interval = binomtest(right, of).proportion_ci(0.95, method="wilson")
    assert wilson(right, of) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_wilsons_interval_by_hand() -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263, method 3."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_of_many_independent_clusters_it_is_wilsons() -> None:
    assert wilson_of_clusters(0.3, 200, 1.0, 10_000_000) == pytest.approx(wilson(60, 200), abs=1e-6)
    assert wilson_of_clusters(0.3, 200, 0.2, 10_000_000) == pytest.approx(wilson(60, 200), abs=1e-6)


def test_a_design_effect_counts_fewer_things() -> None:
    assert wilson_of_clusters(0.3, 400, 4.0, 10_000_000) == pytest.approx(wilson(30, 100), abs=1e-6)


@pytest.mark.parametrize("clusters", [2, 5, 30])
def test_few_clusters_widen_it_as_students_distribution(clusters: int) -> None:
    """At a share that lies on its border, the distance from it is Student's quantile times the standard error."""
    low, _ = wilson_of_clusters(0.6, 500, 3.0, clusters)
    error = (low * (1 - low) / (500 / 3.0)) ** 0.5
    assert (0.6 - low) / error == pytest.approx(t.ppf(0.975, clusters - 1))
    assert (0.6 - low) / error > norm.ppf(0.975)
