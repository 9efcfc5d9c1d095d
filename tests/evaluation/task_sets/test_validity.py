"""How far a judge's ratings go with scores, against SciPy and by hand."""

from __future__ import annotations

import random

import pytest
from made_answers import Said, item, results_of
from scipy.stats import spearmanr

from askqa_builder.evaluation.task_sets.results_text import task_table, validity_lines
from askqa_builder.evaluation.task_sets.scores import ScoredExample
from askqa_builder.evaluation.task_sets.validity import Validity, validity

LABELS = ("happy", "sad", "angry", "neutral", "fearful")


def made(skill: float, seed: int = 1, harsh: float = 0.0) -> tuple[list[Said], dict[str, int]]:
    """Two hundred examples of five labels that are right ever more often, and a judge that mostly says so."""
    draw = random.Random(seed)
    said, ratings = [], {}
    for number in range(200):
        gold = LABELS[number % 5]
        right = draw.random() < skill * (0.3 + 0.15 * (number % 5))
        other = draw.choice([label for label in LABELS if label != gold])
        said.append((item(f"e{number}", gold, story_id=f"s{number % 40}", kind="emotion"), gold if right else other))
        agrees = draw.random() > 0.1
        ratings[f"e{number}"] = 5 if right is agrees and draw.random() > harsh else draw.choice([0, 1])
    return said, ratings


def found_in(said: list[Said], ratings: dict[str, int]) -> tuple[Validity, list[ScoredExample]]:
    results, examples = results_of(said, ratings)
    assert results.judge is not None
    return results.judge.validity, examples


def test_ratings_go_with_labels_example_by_example() -> None:
    found, examples = found_in(*made(1.0))
    one = found.examples["right"]
    expected = spearmanr(
        [e.judgement.rating for e in examples if e.judgement], [float(bool(e.right)) for e in examples]
    )
    assert one.spearman == pytest.approx(expected.statistic)
    assert (one.answers, one.stories) == (200, 40)
    assert one.low is not None
    assert one.high is not None
    assert one.low < one.spearman < one.high


def test_groups_are_kinds_and_labels() -> None:
    found, examples = found_in(*made(1.0))
    assert found.by == "kind and label"
    assert [group.name for group in found.groups] == sorted(f"t/emotion: {label}" for label in LABELS)
    for group in found.groups:
        label = group.name.removeprefix("t/emotion: ")
        own = [one for one in examples if one.item.label == label]
        hits = sum(one.said == label for one in own)
        said = sum(one.said == label for one in examples)
        ratings = [one.judgement.rating for one in own if one.judgement]
        assert group.examples == len(own) == 40
        assert group.judge == pytest.approx(sum(ratings) / 5 / len(ratings))
        assert group.accuracy == pytest.approx(hits / 40)
        assert group.f1 == pytest.approx(2 * hits / (40 + said))
    judged = [group.judge for group in found.groups]
    for name, one in (("accuracy", found.accuracy), ("f1", found.f1)):
        assert one.spearman == pytest.approx(spearmanr(judged, [getattr(g, name) for g in found.groups]).statistic)
        assert one.low is not None
        assert one.low <= one.spearman <= one.high


def test_a_judge_that_rates_at_random_goes_with_nothing() -> None:
    said, _ = made(1.0)
    draw = random.Random(3)
    found, _ = found_in(said, {one.id: draw.randrange(6) for one, _ in said})
    assert found.examples["right"].low is not None
    assert found.examples["right"].low < 0 < found.examples["right"].high


def test_few_groups_have_no_correlation() -> None:
    said, ratings = made(1.0)
    few = [one for one in said if one[0].label in LABELS[:3]]
    found, _ = found_in(few, {one.id: ratings[one.id] for one, _ in few})
    assert len(found.groups) == 3
    assert found.accuracy.spearman is None
    assert any("3 groups by kind and label" in line for line in validity_lines(found))


def test_small_groups_are_left_out() -> None:
    said, ratings = made(1.0)
    rare = [(item(f"r{n}", "bored", kind="emotion", story_id="s1"), "bored") for n in range(4)]
    found, _ = found_in([*said, *rare], {**ratings, **{f"r{n}": 5 for n in range(4)}})
    assert "t/emotion: bored" not in [group.name for group in found.groups]


def test_several_runs_are_groups_by_run_and_kind() -> None:
    runs = {}
    for number, skill in enumerate((0.2, 0.5, 0.8, 1.0)):
        runs[f"model {number}"] = found_in(*made(skill, seed=number))[1]
    found = validity(runs, (), 7)
    assert found.by == "run and kind"
    assert [group.name for group in found.groups] == [f"model {number}, t/emotion" for number in range(4)]
    assert found.groups[3].accuracy == pytest.approx(sum(bool(one.right) for one in runs["model 3"]) / 200)
    assert found.accuracy.spearman == 1.0
    assert found.examples["right"].answers == 800


def test_free_answers_are_compared_with_their_text_scores() -> None:
    said = [(item(f"f{n}", None, "red house"), "red house" if n % 2 else "blue") for n in range(20)]
    found, _ = found_in(said, {f"f{n}": 5 if n % 2 else 1 for n in range(20)})
    assert found.examples["right"].answers == 0
    assert found.examples["f1"].spearman == pytest.approx(1.0)
    assert found.groups == []


def test_the_same_ratings_everywhere_go_with_nothing() -> None:
    said, _ = made(1.0)
    results, _ = results_of(said, {one.id: 3 for one, _ in said})
    assert results.judge is not None
    assert results.judge.validity.examples["right"].spearman is None
    assert results.judge.validity.accuracy.spearman is None
    assert any("the same everywhere" in line for line in task_table(results))
