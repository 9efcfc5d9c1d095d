"""Results of runs whose every figure is known."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_runs import IDENTITY, ambiguous, clear, response, said, said_to_all, speaker

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.action_scores import ActionScores
from askqa_builder.evaluation.metrics.breakdown import PITCH_EDGES, RATE_EDGES, bin_of
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.results import Results, score
from askqa_builder.evaluation.metrics.results_text import markdown, table
from askqa_builder.evaluation.metrics.usage import Prices
from askqa_builder.evaluation.trajectory import Round, Trajectory
from askqa_builder.proportions import wilson


def hand_made() -> Outcomes:
    """Thirty requests, ten of them ambiguous with four readings each.

    Of the ambiguous, six are asked about; two of four readings are then answered rightly, one half, one wrongly. The
    others are answered at once, right for one reading. Of the clear ones, five are asked about, of which two go on and
    are answered rightly and three never end; the others are answered, ten rightly, five wrongly.
    """
    items: list[Item] = []
    told: list[Trajectory] = []
    for number in range(10):
        item = ambiguous(f"a{number}", ["red"], ["blue"], ["old house"], ["green"], conflict=number < 2)
        items.append(item)
        if number < 6:
            finals = ("red", "blue", "old", "red")
            told += [said(item, "which?", final, branch=branch) for branch, final in enumerate(finals)]
        else:
            told += said_to_all(item, "red")
    for number in range(20):
        item = clear(f"c{number:02}", "red", story_id=f"story of a{number % 10}")
        items.append(item)
        texts = ["what?", "red"] if number < 2 else ["what?"] * 3 if number < 5 else ["red" if number < 15 else "blue"]
        told.append(said(item, *texts))
    return Outcomes(items, told)


@pytest.fixture(scope="module")
def results() -> Results:
    return score(hand_made(), IDENTITY, separation={f"a{n}": "separates" if n < 3 else "open" for n in range(10)})


def value(results: Results, name: str) -> float | None:
    return results.figures[name].value


def test_actions_by_hand(results: Results) -> None:
    assert results.actions == ActionScores(asked=6, asked_needlessly=5, answered_rashly=4, answered=15)
    assert value(results, "accuracy") == float(Fraction(21, 30))
    assert value(results, "balanced_accuracy") == (6 / 10 + 15 / 20) / 2
    assert value(results, "clarify_f1") == float(Fraction(12, 21))
    assert value(results, "macro_f1") == (12 / 21 + 30 / 39) / 2
    assert value(results, "weighted_f1") == (12 / 21 * 10 + 30 / 39 * 20) / 30
    assert value(results, "clarify_recall") == 0.6
    assert value(results, "needless_questions") == 0.25
    assert value(results, "separating_questions") == 0.5
    assert value(results, "pair_accuracy") is None


def test_answers_by_hand(results: Results) -> None:
    of_ambiguous = Fraction(6 * 2 + 4 * 1, 4)  # right readings, each a quarter of an item
    assert value(results, "trajectory_exact") == float((of_ambiguous + 2 + 10) / 30)
    half = Fraction(6, 4) * Fraction(2, 3)  # "old" of "old house"
    assert value(results, "trajectory_f1") == pytest.approx(float((of_ambiguous + half + 12) / 30), abs=1e-15)
    assert value(results, "trajectory_containment") == value(results, "trajectory_exact")
    assert value(results, "post_clarification_exact") == float(Fraction(6 * 2 + 2 * 4, 4) / (6 + 5))
    assert results.figures["post_clarification_exact"].of == 11
    assert value(results, "turn_exact") == float(Fraction(10, 30))


def test_label_conflicts_are_in_the_headline_and_apart(results: Results) -> None:
    assert results.counts["label_conflicts"] == 2
    assert results.figures["accuracy"].of == 30
    assert results.without_conflicts["accuracy"].of == 28
    assert results.without_conflicts["accuracy"].value == 19 / 28


def test_intervals(results: Results) -> None:
    accuracy = results.figures["accuracy"]
    assert (accuracy.low, accuracy.high) == wilson(21, 30)
    assert accuracy.interval == "wilson"
    macro = results.figures["macro_f1"]
    assert macro.interval == "bootstrap"
    assert macro.low is not None
    assert macro.high is not None
    assert macro.value is not None
    assert macro.low < macro.value < macro.high
    assert macro.detectable is not None
    width = macro.high - macro.low
    assert macro.detectable == pytest.approx(2.8016 * 2**0.5 * width / 3.92, rel=0.15)


def test_shares_of_all_and_of_none_have_an_interval() -> None:
    items = [clear(f"{n:03}", "red") for n in range(120)]
    found = score(Outcomes(items, [said(item, "red") for item in items]), IDENTITY, resamples=100).figures
    accuracy = found["accuracy"]
    assert (accuracy.value, accuracy.low, accuracy.high) == (1.0, *wilson(120, 120))
    assert (found["trajectory_f1"].value, found["trajectory_f1"].low) == (1.0, None)
    items[:1] = [clear("000", "blue")]
    found = score(Outcomes(items, [said(item, "red") for item in items]), IDENTITY, resamples=100).figures
    assert found["trajectory_f1"].interval == "bootstrap"


def test_counts(results: Results) -> None:
    expected = {
        "items": 30, "items_scored": 30, "stories": 10, "gold_clarify": 10, "gold_answer": 20, "gold_not_known": 0,
        "trajectories_scored": 60, "trajectories_at_most_rounds": 3, "trajectories_failed": 0,
        "trajectories_missing": 0, "questions_not_judged": 0,
    }  # fmt: skip
    assert expected.items() <= results.counts.items()
    assert results.rounds.mean == float(Fraction(6 * 2 + 4 + 2 * 2 + 3 * 3 + 15, 30))


@given(st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_the_order_of_lines_does_not_count(shuffled: random.Random) -> None:
    outcomes = hand_made()
    items, told = list(outcomes.items), list(outcomes.trajectories)
    shuffled.shuffle(items)
    shuffled.shuffle(told)
    first, again = (
        json.dumps(score(run, IDENTITY, resamples=100).to_json(), allow_nan=False)
        for run in (outcomes, Outcomes(items, told))
    )
    assert again == first


def test_what_failed_or_is_missing_is_told(results: Results) -> None:
    outcomes = hand_made()
    told = [
        replace(one, ending="failed", rounds=()) if one.branch == 0 or one.item == "c00" else one
        for one in outcomes.trajectories
        if one.item != "c01"
    ]
    partly = score(Outcomes(outcomes.items, told), IDENTITY, resamples=100)
    counts = partly.counts
    assert (counts["trajectories_failed"], counts["trajectories_missing"]) == (11, 1)
    assert (counts["items"], counts["items_scored"]) == (30, 28)
    assert partly.actions == ActionScores(asked=6, asked_needlessly=3, answered_rashly=4, answered=15)
    assert value(partly, "trajectory_exact") == pytest.approx(float((Fraction(6, 3) + 10) / 28), abs=1e-15)


@pytest.mark.parametrize("trajectories", [0, 1])
def test_nothing_and_next_to_nothing_have_results(trajectories: int) -> None:
    item = clear("i", "red")
    found = score(Outcomes([item], [said(item, "red")][:trajectories]), IDENTITY, prices=Prices(1.0, 1.0, 1.0))
    json.dumps(found.to_json(), allow_nan=False)
    assert value(found, "macro_f1") is None
    assert value(found, "trajectory_f1") == (1.0 if trajectories else None)
    assert table(found)
    assert markdown(found)


def test_cells_of_few_items_are_counted_alone() -> None:
    items, told = [], []
    for number in range(75):
        kind: Callable[..., Item] = ambiguous if number % 3 == 0 else clear
        voice = speaker("slt" if number < 40 else "awb" if number < 70 else "rms", None if number < 40 else "scottish")
        item = kind(f"{number:02}", ["red"] if kind is ambiguous else "red", speakers={"user": voice})
        items.append(item)
        told += said_to_all(item, "which?" if number % 3 == 0 and number < 40 else "red")
    found = score(Outcomes(items, told), IDENTITY, resamples=200).breakdowns
    voices = found["user_voice"]
    assert list(voices.cells) == ["awb", "slt"]
    assert (voices.cells_not_shown, voices.items_not_shown) == (1, 5)
    assert voices.cells["slt"].figures["accuracy"].value == 1
    assert voices.cells["awb"].figures["balanced_accuracy"].value == 0.5
    assert voices.cells["awb"].figures["accuracy"].interval == "wilson"
    assert list(found["user_accent"].cells) == ["not known", "scottish"]
    assert found["user_accent"].cells["scottish"].items == 35
    gold = found["gold"].cells
    assert gold["answer"].figures["macro_f1"].value is None  # nothing to balance
    assert gold["answer"].items == 50
    assert (found["gold"].cells_not_shown, found["gold"].items_not_shown) == (1, 25)
    assert not {"domain", "user_rate", "narrator_voice"} & found.keys()  # one for all


@pytest.mark.parametrize(
    ("rate", "label"),
    [
        (None, "not known"), (0.5, "below 0.7"), (0.7, "0.7 to 0.85"), (1.0, "0.95 to 1.05"), (1.05, "1.05 to 1.15"),
        (1.4, "1.4 and above"),
    ],
)  # fmt: skip
def test_bins(rate: float | None, label: str) -> None:
    assert bin_of(rate, RATE_EDGES) == label


@given(st.floats(-20, 20))
def test_every_pitch_has_its_bin(pitch: float) -> None:
    label = bin_of(pitch, PITCH_EDGES)
    inside = [
        not label.startswith("below") or pitch < PITCH_EDGES[0],
        not label.endswith("above") or pitch >= PITCH_EDGES[-1],
    ]
    if " to " in label:
        low, high = map(float, label.split(" to "))
        inside.append(low <= pitch < high)
    assert all(inside)


def test_bins_are_shown_in_their_order() -> None:
    rates = [1.5, 0.6, 1.0, 0.8, 1.1]
    items = [
        clear(f"{n:03}", speakers={"user": speaker(rate=rates[n % 5], pitch=-3.0 if n % 2 else 5.0)})
        for n in range(150)
    ]
    found = score(Outcomes(items, [said(item, "red") for item in items]), IDENTITY, resamples=100).breakdowns
    order = ["below 0.7", "0.7 to 0.85", "0.95 to 1.05", "1.05 to 1.15", "1.4 and above"]
    assert list(found["user_rate"].cells) == order
    assert list(found["user_pitch"].cells) == ["-4 to -2", "4 and above"]


def test_classifiers_are_compared_over_what_was_said() -> None:
    item = clear("i")
    outcomes = Outcomes(
        [item],
        [
            said(
                item,
                _classified("what?", "clarify", "clarify"),
                _classified("red?", "clarify", "answer"),
                _classified("red", "answer", "answer"),
            )
        ],
    )
    [found] = score(outcomes, IDENTITY).to_json()["classifiers"]
    assert found["between"] == ["a model", "rule"]
    assert (found["responses"], found["accuracy"]) == (3, 2 / 3)


def _classified(text: str, rule: str, model: str) -> Round:
    return replace(response(text), actions={"rule": rule, "a model": model})


def test_texts_show_what_results_hold(results: Results) -> None:
    shown = "\n".join(table(results))
    low, high = wilson(21, 30)
    assert f"70.0 [{100 * low:.1f}, {100 * high:.1f}]" in shown
    assert "questions that separate the readings" in shown
    block = markdown(results)
    for told in ("a dataset", "d1g3st", "a model", "rule", "audio", "seed 7", "30 of 30 items", "60 trajectories"):
        assert told in block
    assert "| accuracy | 70.0 [" in block
    rows = [line.count("|") for line in block.splitlines() if line.startswith("|")]
    assert set(rows) == {5, 6}


def test_names_cannot_break_the_markdown() -> None:
    item = clear("i", "red")
    odd = replace(IDENTITY, model="<b>|`x`\n", dataset="[a](b)")
    block = markdown(score(Outcomes([item], [said(item, "red")]), odd))
    assert "<b>" not in block
    assert "[a](b)" not in block
    assert not [line for line in table(score(Outcomes([item], []), odd)) if "\n" in line]


def test_controls_on_the_real_test_split(abg_coqa_folder: Path) -> None:
    """Always-answer and the oracle score what is known of them; answers do not cross branches."""
    from askqa_builder.corpus.selection import read_corpus
    from askqa_builder.corpus.sources import find_sources
    from askqa_builder.evaluation.models.controls import CONTROLS

    from evaluation_baselines import items, trajectories

    path = abg_coqa_folder / "coqa_abg_test.json"
    found = items([one for _, one in read_corpus(find_sources(path, None)).conversations])
    targets = {one["id"]: one["target_turn"]["answer"] for one in json.loads(path.read_text("utf-8"))["data"]}

    def run(name: str) -> Results:
        control = CONTROLS[name]()
        return score(Outcomes(found, [one for item in found for one in trajectories(item, control)]), IDENTITY)

    always = run("always-answer")
    assert always.counts["items"] == 1055
    assert always.figures["accuracy"].value == 932 / 1055
    assert always.figures["balanced_accuracy"].value == 0.5
    assert always.figures["macro_f1"].value == pytest.approx(0.469, abs=5e-4)
    assert always.counts["contrast_pairs"] == 28
    oracle = run("oracle")
    names = (
        "balanced_accuracy",
        "macro_f1",
        "pair_accuracy",
        "trajectory_f1",
        "turn_exact",
        "post_clarification_exact",
    )
    assert [oracle.figures[name].value for name in names] == [1.0] * len(names)
    told = [
        said(item, response(targets[item.conversation_id], action=Action.ANSWER), branch=intent.branch)
        for item in found
        for intent in item.intents
    ]
    own = score(Outcomes(found, told), IDENTITY).breakdowns["gold"].cells["clarify"].figures["trajectory_f1"]
    assert own.value == pytest.approx(0.45, abs=0.005)
