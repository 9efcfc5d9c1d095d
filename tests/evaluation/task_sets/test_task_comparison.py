"""Two runs over sets, example by example, with differences known by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from made_answers import IDENTITY, item, results_of

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.task_sets.comparing import TaskRun, compare_tasks

GOLD = ["yes", "no"] * 20


def run_of(
    wrong: set[int], ratings: dict[str, int] | None = None, *, metadata: bool = False, **others: object
) -> TaskRun:
    """Forty examples in twenty stories, of which some are answered wrongly."""
    turned = {"yes": "no", "no": "yes"}
    said = [
        (
            item(
                f"e{n}", gold, kind="is" if n < 20 else "was", story_id=f"s{n // 2}", metadata_readable=n < 8, **others
            ),
            turned[gold] if n in wrong else gold,
        )
        for n, gold in enumerate(GOLD)
    ]
    results, examples = results_of(said, ratings)
    return TaskRun(replace(IDENTITY, metadata=metadata), examples, results.scores)


def test_differences_are_those_of_the_pairs() -> None:
    ratings = {f"e{n}": n % 6 for n in range(40)}
    better = {name: min(5, rating + 1) for name, rating in ratings.items() if name != "e0"}
    found = compare_tasks(run_of(set(range(0, 16)), ratings), run_of(set(range(8, 12)), better, metadata=True))
    whole = found.cells["all"]
    assert (whole["accuracy"].first, whole["accuracy"].second) == (24 / 40, 36 / 40)
    assert whole["accuracy"].difference == pytest.approx(12 / 40)
    assert whole["accuracy"].low is not None
    assert 0 < whole["accuracy"].low < 12 / 40 < whole["accuracy"].high
    assert whole["accuracy"].p is not None
    assert whole["accuracy"].p < 0.05
    assert whole["judge"].of == 39  # what one run's judge left out is left out of both
    both = [(rating, better[name]) for name, rating in ratings.items() if name in better]
    assert whole["judge"].difference == pytest.approx(sum(b - a for a, b in both) / 5 / 39)
    assert vars(found.labels) == {"both_right": 24, "only_first_right": 0, "only_second_right": 12, "neither_right": 4}
    assert found.cells["t/was"]["accuracy"].difference == 0
    assert found.cells["readable"]["accuracy"].of == 8
    assert found.cells["readable"]["accuracy"].difference == 1
    assert found.cells["not readable"]["accuracy"].difference == pytest.approx(4 / 32)


def test_macro_f1_is_compared_over_the_same_labels() -> None:
    found = compare_tasks(run_of(set(range(0, 20))), run_of(set()))
    assert found.cells["t/is"]["macro_f1"].first == 0
    assert found.cells["t/is"]["macro_f1"].difference == 1
    assert found.cells["all"]["macro_f1"].difference == 0.5


def test_the_same_run_twice_differs_in_nothing() -> None:
    found = compare_tasks(run_of({1, 5}), run_of({1, 5}))
    assert {one.difference for cell in found.cells.values() for one in cell.values()} == {0.0}
    assert {one.p for cell in found.cells.values() for one in cell.values()} == {1.0}


def test_other_questions_are_left_out_and_told() -> None:
    first, second = run_of(set()), run_of(set())
    changed = [
        replace(second.examples[0], item=replace(second.examples[0].item, question="another")),
        *second.examples[1:],
    ]
    found = compare_tasks(replace(first, examples=first.examples[:-1]), replace(second, examples=changed))
    assert (found.counts["examples"], found.counts["unlike"], found.counts["only_second"]) == (38, 1, 1)
    assert "1 with other questions or answers" in "\n".join(found.lines())
    with pytest.raises(UsageError, match="no scores of the same examples"):
        compare_tasks(replace(first, examples=first.examples[:3]), replace(second, examples=second.examples[5:]))


def test_prompts_and_judges_are_told() -> None:
    first, second = run_of(set()), run_of({3}, metadata=True)
    told = compare_tasks(
        replace(first, identity=replace(first.identity, judge="a")),
        replace(second, identity=replace(second.identity, judge="b")),
    )
    lines = told.lines()
    assert lines[0].endswith("prompts without labels of how it is said")
    assert lines[1].endswith("prompts with labels of how it is said")
    assert lines[2].startswith("not judged alike")
    assert "| all | accuracy | 40 | 100.0 | 97.5 | -2.5 |" in told.markdown()
    json.dumps(told.to_json(), allow_nan=False)
