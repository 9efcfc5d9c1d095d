"""Results over sets of examples whose every figure is known."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from made_answers import IDENTITY, Said, item, response, results_of
from sklearn.metrics import accuracy_score, f1_score

from askqa_builder.evaluation.metrics.usage import Prices
from askqa_builder.evaluation.task_sets.labels import LabelParser
from askqa_builder.evaluation.task_sets.results import TaskResults, score_tasks
from askqa_builder.evaluation.task_sets.results_text import task_markdown, task_table
from askqa_builder.proportions import wilson

LETTERS = "AABBBACCBA"
SAID_LETTERS = ["A", "B", "B", "It is B.", "no idea", "A", "C", "B", "B", "C"]
POLAR = ["yes", "no", "no", "yes", "no"]
SAID_POLAR = ["Yes, it is.", "no", "yes", "", "No."]


def hand_made() -> list[Said]:
    """Ten letters, of which six are right and one means none; five of yes and no, three right and one empty; four free
    answers, of which one is right, one contains what is right, one has half of it, one nothing."""
    letters = [
        (item(f"l{n}", gold, kind="which", story_id=f"s{n % 4}"), said)
        for n, (gold, said) in enumerate(zip(LETTERS, SAID_LETTERS, strict=True))
    ]
    polar = [
        (item(f"p{n}", gold, kind="is", story_id=f"s{n % 3}", metadata_readable=n < 2), said)
        for n, (gold, said) in enumerate(zip(POLAR, SAID_POLAR, strict=True))
    ]
    free = [
        (item("f0", None, "the red house", "a house", kind="what"), "A red house."),
        (item("f1", None, "blue", kind="what"), "It is blue, I think."),
        (item("f2", None, "green tea", kind="what"), "green leaves"),
        (item("f3", None, "at noon", kind="what"), ""),
    ]
    return [*letters, *polar, *free]


@pytest.fixture(scope="module")
def results() -> TaskResults:
    return results_of(hand_made())[0]


def test_labels_are_counted(results: TaskResults) -> None:
    assert results.counts["examples"] == results.counts["scored"] == 19
    which, polar, whole = results.kinds["t/which"], results.kinds["t/is"], results.whole
    assert (which.examples, which.labelled, which.unparsable, which.stories) == (10, 10, 1, 4)
    assert (polar.labelled, polar.unparsable) == (5, 1)
    assert (whole.labelled, whole.unparsable) == (15, 2)
    assert which.figures["accuracy"].value == 6 / 10
    assert polar.figures["accuracy"].value == 3 / 5
    assert whole.figures["accuracy"].value == 9 / 15
    assert whole.figures["unparsable"].value == 2 / 15
    found = whole.figures["accuracy"]
    assert (found.low, found.high) == wilson(9, 15)


def test_macro_f1_is_that_of_the_labels_and_then_of_the_kinds(results: TaskResults) -> None:
    """By hand: A 2 of 2 said and of 4 gold; B 3 of 5 and of 4; C 1 of 2 and of 2. Yes 1 of 2 and of 2; no 2, 2 of 3."""
    letters = (2 * 2 / (2 + 4) + 2 * 3 / (5 + 4) + 2 * 1 / (2 + 2)) / 3
    polar = (2 * 1 / (2 + 2) + 2 * 2 / (2 + 3)) / 2
    assert results.kinds["t/which"].figures["macro_f1"].value == pytest.approx(letters, abs=1e-12)
    assert results.kinds["t/is"].figures["macro_f1"].value == pytest.approx(polar, abs=1e-12)
    assert results.whole.figures["macro_f1"].value == pytest.approx((letters + polar) / 2, abs=1e-12)
    assert results.whole.figures["macro_f1"].of == 15


def test_labels_score_as_scikit_learn_has_it(results: TaskResults) -> None:
    said = ["A", "B", "B", "B", "none", "A", "C", "B", "B", "C"]
    found = results.kinds["t/which"].figures
    assert found["accuracy"].value == pytest.approx(accuracy_score(list(LETTERS), said))
    assert found["macro_f1"].value == pytest.approx(
        f1_score(list(LETTERS), said, labels=["A", "B", "C"], average="macro")
    )


def test_free_answers_have_text_scores_and_no_label(results: TaskResults) -> None:
    found = results.kinds["t/what"].figures
    assert "accuracy" not in found
    assert "macro_f1" not in found
    assert found["exact"].value == 1 / 4
    assert found["containment"].value == 2 / 4
    assert found["f1"].value == pytest.approx((1 + 2 * 1 / (5 + 1) + 2 * 1 / (2 + 2) + 0) / 4)
    assert found["exact"].of == 4
    assert "f1" not in results.kinds["t/is"].figures
    assert results.whole.figures["exact"].of == 4


def test_what_labels_of_how_it_is_said_tell_stands_apart(results: TaskResults) -> None:
    assert {name: cell.examples for name, cell in results.readable.items()} == {
        "readable": 2,
        "not readable": 3,
        "not told": 14,
    }
    assert results.readable["readable"].figures["accuracy"].value == 1.0
    assert results.readable["not readable"].figures["accuracy"].value == 1 / 3
    assert not results_of([(item("a", "yes"), "yes")])[0].readable


def test_a_judge_counts_by_example_times_twenty() -> None:
    said = hand_made()[10:15]
    ratings = {"p0": 5, "p1": 4, "p2": 0, "p4": 3}
    results, examples = results_of(said, ratings)
    found = results.kinds["t/is"].figures["judge"]
    assert (found.value, found.of) == (12 / 20, 4)
    assert results.judge is not None
    assert results.judge.answers == 4
    assert [one.to_json()["rating"] for one in examples] == [5, 4, 0, None, 3]
    assert [one.right for one in examples] == [True, True, False, False, True]


def test_what_failed_has_no_scores() -> None:
    items = [item("a", "yes"), item("b", "no"), item("c", None)]
    told = [
        response("a", "yes", prompt_tokens=10, completion_tokens=2, audio_seconds=3.0),
        replace(response("b", ""), ending="failed", failure="gone"),
        replace(response("c", ""), ending="not_applicable", failure="no_label"),
    ]
    results, examples = score_tasks(items, told, IDENTITY, LabelParser(items), prices=Prices(audio=1200.0))
    assert [one.item.id for one in examples] == ["a"]
    assert (results.counts["scored"], results.counts["failed"], results.counts["not_applicable"]) == (1, 1, 1)
    assert (results.usage.responses, results.usage.prompt_tokens, results.usage.cost) == (1, 10, 1.0)


def test_nothing_scored_is_no_figure() -> None:
    told = [replace(response("a", ""), ending="failed", failure="gone")]
    results, _ = score_tasks([item("a", "yes")], told, IDENTITY, LabelParser([]))
    assert results.whole.figures == {}
    assert "0 of 1 examples (1 failed)" in task_table(results)[0]
    assert json.loads(json.dumps(results.to_json(), allow_nan=False))["kinds"] == {}


def test_the_order_of_examples_does_not_count(results: TaskResults) -> None:
    other, _ = results_of(list(reversed(hand_made())))
    assert other.to_json() == results.to_json()


def test_tables_show_each_kind_and_all(results: TaskResults) -> None:
    lines = task_table(results)
    assert lines[0] == '"a model" on "a set", test: 19 of 19 examples, 8 stories'
    assert [line.split("  ")[0] for line in lines[2:6]] == ["t/is", "t/what", "t/which", "all"]
    assert "responses that mean no label: 2 of 15, which count as wrong" in lines
    block = task_markdown(results)
    assert "digest `d1g3st`" in block
    assert "| t/which | 10 | 60.0 [" in block
    assert "labels of how it is said" in block.lower()


def test_names_are_shown_as_text() -> None:
    run = replace(IDENTITY, model="<b>|x", task_set="a\nset")
    results, _ = results_of([(item("a", "yes", kind="k|<i>"), "yes")], run=run)
    assert "<b>" not in task_markdown(results)
    assert "<i>" not in task_markdown(results)
    assert all("\n" not in line for line in task_table(results))
