from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.evaluation.metrics.answer_scores import normalise_answer, score_answer

WORDS = st.lists(st.sampled_from(["the", "cat", "Cat.", "12", "12.0", "a", "sat", "on", "mat", "mat-like"]), min_size=1)
TEXTS = WORDS.map(" ".join)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The  Cat sat, on a mat.", "cat sat on mat"),
        ("well-known", "well known"),
        ("$1,500", "1500.0"),
        ("12", "12.0"),
        ("12.", "12.0"),
        ("-12.50", "12.5"),  # the hyphen parts words, here too
        ("O'Neill's", "oneills"),
        ("an", ""),
        ("?!", ""),
    ],
)
def test_texts_are_normalised_as_drop_does(text: str, normalised: str) -> None:
    assert normalise_answer(text) == normalised


@pytest.mark.parametrize(
    ("answer", "reference", "f1", "exact"),
    [
        ("the white cat", "White cat.", 1.0, True),
        ("a white cat on the mat", "white cat", 2 * 2 / (2 + 4), False),
        ("cat cat cat", "cat", 1.0, False),  # bags of DROP are sets; exact match is not
        ("about 12 men", "12 men", 2 * 2 / 5, False),
        ("13 men", "12 men", 0.0, False),  # the number must be there
        ("men", "12 men", 0.0, False),
        ("12 men", "men", 2 / 3, False),  # but may be added
        ("", "men", 0.0, False),
        ("the", "men", 0.0, False),
        ("the", "a", 1.0, True),
        ("12.0", "12", 1.0, True),
    ],
)
def test_an_answer_is_scored_as_drop_does(answer: str, reference: str, f1: float, exact: bool) -> None:
    score = score_answer(answer, [reference])
    assert score.f1 == pytest.approx(f1)
    assert score.exact is exact


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=4))
def test_the_best_reference_counts(answer: str, references: list[str]) -> None:
    alone = [score_answer(answer, [reference]) for reference in references]
    together = score_answer(answer, references)
    assert together.f1 == max(score.f1 for score in alone)
    assert together.exact is any(score.exact for score in alone)
    assert 0 <= together.f1 <= 1
    assert together.f1 == 1 or not together.exact


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_a_reference_scores_full_marks(answer: str, others: list[str]) -> None:
    score = score_answer(answer.upper(), [*others, f"  {answer} !"])
    assert score.exact
    assert score.f1 == 1


def test_blank_references_do_not_count() -> None:
    assert score_answer("", ["", " ", "a cat"]).f1 == 0
    with pytest.raises(ValueError, match="no reference"):
        score_answer("a cat", ["", "\n"])
