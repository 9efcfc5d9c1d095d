from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from askqa_builder.evaluation.actions.agreement import Agreement

ACTION = st.sampled_from(["clarify", "answer"])


def test_counts_and_figures_of_a_table_done_by_hand() -> None:
    first = ["clarify"] * 20 + ["clarify"] * 5 + ["answer"] * 10 + ["answer"] * 15
    second = ["clarify"] * 20 + ["answer"] * 5 + ["clarify"] * 10 + ["answer"] * 15
    found = Agreement.of(first, second)
    assert found.to_json() == {
        "responses": 50,
        "both_clarify": 20,
        "first_clarify": 5,
        "second_clarify": 10,
        "both_answer": 15,
        "accuracy": 0.7,
        "kappa": pytest.approx(0.4),
    }


@given(st.lists(st.tuples(ACTION, ACTION), min_size=1))
def test_kappa_is_cohens(pairs: list[tuple[str, str]]) -> None:
    first, second = zip(*pairs, strict=True)
    found = Agreement.of(first, second)
    assert found.responses == len(pairs)
    if len({*first, *second}) == 1:
        assert (found.accuracy, found.kappa) == (1.0, None)
    else:
        assert found.kappa == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_no_responses_have_no_figures() -> None:
    found = Agreement.of([], [])
    assert (found.accuracy, found.kappa) == (None, None)


def test_other_words_and_uneven_lengths_are_errors() -> None:
    with pytest.raises(ValueError, match="maybe"):
        Agreement.of(["maybe"], ["answer"])
    with pytest.raises(ValueError, match="shorter"):
        Agreement.of(["answer", "answer"], ["answer"])
