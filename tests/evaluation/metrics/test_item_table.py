from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import ambiguous, clear, said, said_to_all

from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.item_table import ItemTable, item_table, units
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.text_scores import SCORES
from askqa_builder.evaluation.metrics.trajectory_scores import score_trajectories
from askqa_builder.evaluation.trajectory import Trajectory


def table_of(items: list[Item], trajectories: list[Trajectory], **others: dict[str, str]) -> ItemTable:
    return item_table(units(score_trajectories(Outcomes(items, trajectories))), SCORES, **others)


def column(table: ItemTable, name: str) -> list[float]:
    return table.columns[name].tolist()


def test_the_trajectories_of_an_item_count_with_their_weights() -> None:
    item = ambiguous("i", ["red"], ["blue"], ["green"], weights=(0.5, 0.25, 0.25))
    table = table_of([item], said_to_all(item, "which?", "blue"))
    assert column(table, "trajectory_exact") == [0.25]
    assert column(table, "trajectory_weight") == [1.0]


def test_what_failed_leaves_its_weight_to_the_others() -> None:
    item = ambiguous("i", ["red"], ["blue"], ["green"], weights=(0.5, 0.25, 0.25))
    rest = [said(item, "which?", "blue", branch=1), said(item, "which?", "blue", branch=2)]
    table = table_of([item], [said(item, branch=0, ending="failed"), *rest])
    assert column(table, "trajectory_exact") == [0.5]
    assert column(table, "trajectory_weight") == [1.0]


def test_thirds_make_a_whole() -> None:
    item = ambiguous("i", ["red"], ["red"], ["red"])
    table = table_of([item], said_to_all(item, "which?", "red"))
    assert column(table, "trajectory_f1") == [1.0]
    assert column(table, "asked") == [1.0]


def test_an_item_without_a_score_adds_nothing() -> None:
    item = ambiguous("i", [])
    table = table_of([item], said_to_all(item, "which?", "red"))
    assert column(table, "trajectory_weight") == column(table, "post_clarification_weight") == [0.0]
    assert column(table, "asked") == [1.0]


def test_post_clarification_is_of_the_trajectories_that_asked() -> None:
    item = ambiguous("i", ["red"], ["blue"], ["green"], weights=(0.5, 0.25, 0.25))
    table = table_of(
        [item],
        [
            said(item, "which?", "red", branch=0),
            said(item, "which?", "red", branch=1),
            said(item, "green", branch=2),
        ],
    )
    assert column(table, "asked") == [0.75]
    assert column(table, "answered_rashly") == [0.25]
    assert column(table, "trajectory_exact") == [0.75]
    assert column(table, "post_clarification_weight") == [0.75]
    assert column(table, "post_clarification_exact") == [0.5]  # of 0.75 in all


def test_an_item_whose_label_is_not_known_has_no_part_in_actions() -> None:
    item = clear("i", "red", gold=None)
    table = table_of([item], [said(item, "which?", "red")])
    assert not table.sums(["asked", "asked_needlessly", "answered_rashly", "answered"]).any()
    assert column(table, "trajectory_f1") == [1.0]


def test_a_contrast_pair_is_right_as_a_whole() -> None:
    pairs = [
        (ambiguous(f"a{n}", ["red"], contrast_id=f"{n}"), clear(f"c{n}", "red", contrast_id=f"{n}")) for n in range(4)
    ]
    spoken = [("which?", "red"), ("which?", "which?"), ("red", "red"), ("red", "which?")]
    trajectories = [
        trajectory
        for (unclear, plain), (first, second) in zip(pairs, spoken, strict=True)
        for trajectory in (said(unclear, first, branch=0), said(plain, second))
    ]
    items = [item for both in pairs for item in both]
    table = table_of(items, trajectories)
    assert table.sums(["pairs", "pairs_right"]).tolist() == [4.0, 1.0]
    assert table_of(items, trajectories[1:]).sums(["pairs", "pairs_right"]).tolist() == [3.0, 0.0]


def test_renditions_are_pairs_of_their_own() -> None:
    items = [
        make(f"{kind}{rendition}", ["red"] if kind == "a" else "red", contrast_id="c", rendition=rendition)
        for rendition in (0, 1)
        for kind, make in (("a", ambiguous), ("c", clear))
    ]
    trajectories = [one for item in items for one in said_to_all(item, "which?")]
    assert table_of(items, trajectories).sums(["pairs", "pairs_right"]).tolist() == [2.0, 0.0]


def test_separation_is_of_questions_where_there_is_something_to_separate() -> None:
    items = [ambiguous(name, ["red"], ["blue"]) for name in "abcd"] + [clear("e", "red")]
    texts = ["which?", "which?", "which?", "red", "which?"]
    trajectories = [one for item, text in zip(items, texts, strict=True) for one in said_to_all(item, text)]
    found = {"a": "separates", "b": "open", "d": "separates", "e": "separates"}
    table = table_of(items, trajectories, separation=found)
    assert table.sums(["judged_questions", "separating"]).tolist() == [2.0, 1.0]
    with pytest.raises(ValueError, match="'perhaps' is none of"):
        table_of(items, trajectories, separation={"a": "perhaps"})


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from(["which?", "red"]), st.sampled_from(["red", "blue"])),
        min_size=1,
        max_size=5,
    ),
    st.randoms(use_true_random=False),
)
def test_an_item_counts_once_in_any_order(branches: list[tuple[int, str, str]], shuffled: random.Random) -> None:
    total = sum(weight for weight, *_ in branches)
    item = ambiguous("i", *[["red"]] * len(branches), weights=[weight / total for weight, *_ in branches])
    told = [
        said(item, first, *([last] if first == "which?" else []), branch=branch)
        for branch, (_, first, last) in enumerate(branches)
    ]
    table = table_of([item], told)
    shuffled.shuffle(told)
    again = table_of([item], told)
    assert {name: column(again, name) for name in table.columns} == {
        name: column(table, name) for name in table.columns
    }
    right = sum(weight for weight, first, last in branches if "red" in (first, last))
    assert column(table, "trajectory_exact")[0] == pytest.approx(float(Fraction(right, total)))
    assert column(table, "asked")[0] + column(table, "answered_rashly")[0] == 1
    for name in SCORES:
        assert (
            0 <= column(table, f"post_clarification_{name}")[0] <= column(table, f"trajectory_{name}")[0] + 1e-12 <= 2
        )
