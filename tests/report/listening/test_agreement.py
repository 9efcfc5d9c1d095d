from __future__ import annotations

import numpy as np
import pytest

from askqa_builder.report.listening.agreement import krippendorff_alpha, nominal_alpha

NONE = np.nan


PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
        [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
    ]
)
"""Krippendorff 2011, sections C and D: four observers, twelve units."""


def test_the_published_example() -> None:
    assert krippendorff_alpha(PUBLISHED) == pytest.approx(0.849, abs=0.0005)
    assert nominal_alpha(PUBLISHED) == pytest.approx(0.743, abs=0.0005)


def test_names_are_no_numbers() -> None:
    generator = np.random.default_rng(2)
    renamed = np.select([value == PUBLISHED for value in range(1, 6)], [7, 1, 90, 4, 2], NONE)
    assert nominal_alpha(renamed) == pytest.approx(nominal_alpha(PUBLISHED))
    assert nominal_alpha(np.array([[1.0, 3, 5], [1, 3, 5]])) == pytest.approx(1)
    assert nominal_alpha(generator.integers(1, 6, (6, 400)).astype(float)) == pytest.approx(0, abs=0.05)


def test_raters_who_agree_and_raters_who_do_not() -> None:
    assert krippendorff_alpha(np.array([[1.0, 3, 5], [1, 3, 5]])) == pytest.approx(1)
    generator = np.random.default_rng(1)
    assert krippendorff_alpha(generator.integers(1, 6, (6, 400)).astype(float)) == pytest.approx(0, abs=0.05)
    assert krippendorff_alpha(np.array([[1.0, 5], [5, 1]])) == pytest.approx(-0.5)


@pytest.mark.parametrize("ratings", [[[1.0, 2, 3]], [[1.0, NONE], [NONE, 2]], [[3.0, 3], [3, 3]]])
def test_nothing_to_agree_on(ratings: list[list[float]]) -> None:
    assert krippendorff_alpha(np.array(ratings)) is None
    assert nominal_alpha(np.array(ratings)) is None
