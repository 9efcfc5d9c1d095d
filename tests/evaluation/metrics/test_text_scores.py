from __future__ import annotations

from collections.abc import Sequence

import pytest

from askqa_builder.evaluation.metrics.text_scores import Case, score_names, score_texts


class SameLength:
    """A cosine of a kind, which notes what it is asked."""

    name = "same length"

    def __init__(self) -> None:
        self.asked: list[Sequence[tuple[str, str]]] = []

    def cosine(self, pairs: Sequence[tuple[str, str]]) -> Sequence[float]:
        self.asked.append(pairs)
        return [1.0 if len(one) == len(other) else -0.5 for one, other in pairs]


def test_each_score_takes_its_best_reference() -> None:
    [scores] = score_texts([Case("red cake", ("cake", "a red big cake", " "))])
    assert scores == {"f1": 4 / 5, "exact": 0.0, "containment": 1.0, "rouge_l": 2 / 3}


def test_who_says_nothing_scores_nothing() -> None:
    embedding = SameLength()
    scores = score_texts([Case(None, ("the",))], embedding)
    assert scores == [dict.fromkeys(score_names(embedding), 0.0)]
    assert embedding.asked == []


def test_the_embedding_is_asked_once_about_each_pair() -> None:
    embedding = SameLength()
    scores = score_texts([Case("ab", ("cd", "e")), Case("ab", ("cd",)), Case("x", ("ab",))], embedding)
    assert [one["cosine"] for one in scores] == [1.0, 1.0, -0.5]
    assert embedding.asked == [[("ab", "cd"), ("ab", "e"), ("x", "ab")]]


def test_blank_references_are_an_error() -> None:
    with pytest.raises(ValueError, match="no reference"):
        score_texts([Case("red", (" ",))])
