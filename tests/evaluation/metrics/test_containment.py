from __future__ import annotations

import pytest

from askqa_builder.evaluation.metrics.containment import contains_answer


@pytest.mark.parametrize(
    ("response", "references", "contained"),
    [
        ("I think it was the red cake.", ["a Red cake"], True),
        ("He was in a bread-and-butter shop", ["bread and butter"], True),
        ("the redcake", ["red"], False),
        ("it was red, then a cake", ["red cake"], False),
        ("it was 5", ["5.0"], True),
        ("no", ["yes", "no"], True),
        ("", ["yes"], False),
        ("anything", ["the"], False),
        ("a", ["the"], True),
    ],
)
def test_a_reference_is_contained_as_whole_words(response: str, references: list[str], contained: bool) -> None:
    assert contains_answer(response, references) is contained
