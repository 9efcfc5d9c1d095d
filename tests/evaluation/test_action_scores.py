from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from askqa_builder.evaluation.metrics.action_scores import ActionScores

ACTIONS = st.sampled_from(["clarify", "answer"])


@given(st.lists(st.tuples(ACTIONS, ACTIONS), min_size=1, max_size=40))
@pytest.mark.filterwarnings("ignore::UserWarning")  # scikit-learn tells of classes that do not occur
def test_scores_are_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    gold, predicted = zip(*pairs, strict=True)
    scores = ActionScores.of(gold, predicted)
    both = {"labels": ["clarify", "answer"], "zero_division": 0}
    assert scores.accuracy == pytest.approx(accuracy_score(gold, predicted))
    assert scores.balanced_accuracy == pytest.approx(balanced_accuracy_score(gold, predicted))
    assert scores.macro_f1 == pytest.approx(f1_score(gold, predicted, average="macro", **both))
    assert scores.weighted_f1 == pytest.approx(f1_score(gold, predicted, average="weighted", **both))
    assert scores.clarify_f1 == pytest.approx(f1_score(gold, predicted, pos_label="clarify", zero_division=0))


def test_counts_say_what_went_wrong() -> None:
    scores = ActionScores.of(
        ["clarify", "clarify", "answer", "answer", "answer"], ["clarify", "answer", "answer", "clarify", "answer"]
    )
    assert (scores.asked, scores.answered_rashly, scores.asked_needlessly, scores.answered) == (1, 1, 1, 2)
    assert (scores.gold_clarify, scores.gold_answer) == (2, 3)


def test_who_always_answers_is_at_chance() -> None:
    scores = ActionScores.of(["answer"] * 9 + ["clarify"], ["answer"] * 10)
    assert scores.accuracy == 0.9
    assert scores.balanced_accuracy == 0.5
    assert scores.clarify_f1 == 0
    assert scores.macro_f1 == pytest.approx((18 / 19) / 2)


@pytest.mark.parametrize(
    ("gold", "predicted", "why"),
    [
        ([], [], "no action"),
        (["clarify"], ["ask"], "'ask' is not a valid"),
        (["clarify"], ["clarify", "clarify"], "longer than"),
    ],
)
def test_what_cannot_be_counted_is_an_error(gold: list[str], predicted: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ActionScores.of(gold, predicted)
