from __future__ import annotations

import pytest
from scipy.stats import binomtest

from askqa_builder.proportions import wilson


@pytest.mark.parametrize(("right", "of"), [(0, 20), (1, 20), (7, 20), (20, 20), (334, 1000), (9999, 20000)])
def test_wilsons_interval_is_scipys(right: int, of: int) -> None:
    interval = binomtest(right, of).proportion_ci(0.95, method="wilson")
    assert wilson(right, of) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_wilsons_interval_by_hand() -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263, method 3."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
