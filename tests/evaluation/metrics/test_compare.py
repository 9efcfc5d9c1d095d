"""Two runs compared: every count by hand, and differences that are known."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_runs import IDENTITY, ambiguous, clear, said, said_to_all, speaker

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.compare import Comparison, compare
from askqa_builder.evaluation.metrics.comparison_text import comparison_markdown, comparison_table, unlike_settings
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.results import score
from askqa_builder.evaluation.trajectory import Trajectory


def requests(count: int, asked: int = 4) -> list[Item]:
    """Requests, each `asked`-th of them ambiguous; two to a story."""
    return [
        ambiguous(f"i{n:03}", ["red"], ["blue"], story_id=f"s{n // 2}")
        if n % asked == 0
        else clear(f"i{n:03}", "red", story_id=f"s{n // 2}")
        for n in range(count)
    ]


def run(items: Sequence[Item], says: Callable[[int, Item], Sequence[str]]) -> Outcomes:
    told: list[Trajectory] = []
    for place, item in enumerate(items):
        told += said_to_all(item, *says(place, item))
    return Outcomes(items, told)


def right(_: int, item: Item) -> list[str]:
    return ["which?", "red"] if item.clarifying_questions else ["red"]


def rash(_: int, item: Item) -> list[str]:
    return ["red"]


def test_runs_that_were_not_asked_alike_are_told_so() -> None:
    runs = run(requests(8), right), run(requests(8), rash)
    comparison = compare(*runs, resamples=20, flips=20)
    other = replace(IDENTITY, model="other", classifier="large-model", max_rounds=IDENTITY.max_rounds + 1)
    (line,) = unlike_settings(IDENTITY, other)
    assert all(said in line for said in ("classifier", "large-model", "most responses"))
    assert "user" not in line
    assert "not asked alike" in comparison_markdown(comparison, IDENTITY, other)
    assert unlike_settings(IDENTITY, replace(IDENTITY, model="other", dataset="twin", dataset_digest="0")) == []
    assert "not asked alike" not in comparison_markdown(comparison, IDENTITY, replace(IDENTITY, model="other"))


def test_differences_are_those_of_results() -> None:
    items = requests(40)
    first, second = run(items, rash), run(items, lambda n, item: right(n, item) if n % 3 else ["what?", "blue"])
    found = compare(first, second, resamples=200, flips=200)
    one, other = score(first, IDENTITY, resamples=200), score(second, IDENTITY, resamples=200)
    assert found.pairing == "rows"
    for name, difference in found.differences.items():
        assert difference.first == one.figures[name].value, name
        assert difference.second == other.figures[name].value, name
        if difference.first is not None and difference.second is not None:
            assert difference.difference == difference.second - difference.first


def test_right_actions_are_counted_in_pairs() -> None:
    items = requests(8)  # two ambiguous
    first = run(items, lambda n, item: ["which?", "red"] if n in (0, 1) else ["red"])  # wrong: 1, 4
    second = run(items, lambda n, item: ["which?", "red"] if n in (1, 2, 4) else ["red"])  # wrong: 0, 1, 2
    pairs = compare(first, second, resamples=100, flips=100).actions
    assert (pairs.both_right, pairs.only_first_right, pairs.only_second_right, pairs.neither_right) == (4, 2, 1, 1)


def test_an_item_that_answers_differ_in_counts_once() -> None:
    item = ambiguous("i", ["red"], ["blue"], ["green"], weights=(0.5, 0.25, 0.25))
    plain = clear("j", "red")
    asks = [said(item, "which?", "red", branch=branch) for branch in range(3)]
    mixed = [said(item, "red", branch=0), *asks[1:]]
    both = [Outcomes([item, plain], [*told, said(plain, "red")]) for told in (asks, mixed)]
    pairs = compare(*both, resamples=100, flips=100).actions
    assert (pairs.both_right, pairs.only_first_right) == (1.5, 0.5)


def test_what_is_in_one_run_only_is_counted_and_left_out() -> None:
    items = requests(12)
    first, second = run(items[:10], right), run(items[2:], right)
    lost = [replace(one, ending="failed") if one.id == "i008/1" else one for one in second.trajectories]
    found = compare(first, Outcomes(items[2:], lost), resamples=100, flips=100)
    assert found.counts == {
        "items": 8, "stories": 4, "same_recording": 8, "only_first": 2, "only_second": 2, "unlike": 0,
        "trajectories": 9, "trajectories_in_one_only": 1,
    }  # fmt: skip
    assert found.differences["trajectory_exact"].first == (6 + 0.5 + 1) / 8  # of i008 the first reading alone


def test_a_level_without_a_score_in_one_run_has_none_in_the_other() -> None:
    item = ambiguous("i", ["red"], ["blue"])
    human = replace(said(item, "which?", "red", branch=0))
    human = replace(human, rounds=(human.rounds[0], replace(human.rounds[1], left_out=0)))
    first = Outcomes([item], [human, said(item, "which?", "red", branch=1)])
    second = Outcomes([item], said_to_all(item, "which?", "blue"))
    found = compare(first, second, resamples=100, flips=100).differences["trajectory_exact"]
    assert (found.first, found.second) == (0.0, 1.0)  # of the second reading alone


def test_neither_is_a_question_that_has_none_to_be_scored_against() -> None:
    item = ambiguous("i", ["red"], ["blue"], clarifying_questions=("which",))
    asked = [
        replace(one, rounds=(replace(one.first, response="which", left_out=0),)) for one in said_to_all(item, "which?")
    ]
    first, second = Outcomes([item], asked), Outcomes([item], said_to_all(item, "which?"))
    found = compare(first, second, resamples=100, flips=100).differences["turn_exact"]
    assert (found.first, found.second, found.of) == (None, None, 0)


def test_a_difference_is_as_sure_as_its_stories_say() -> None:
    items = requests(80)
    better = compare(run(items, rash), run(items, right)).differences["accuracy"]
    assert better.difference == 0.25
    assert better.low is not None
    assert better.high is not None
    assert better.low < 0.25 < better.high
    assert better.p == 1 / 10_001
    chance = random.Random(3)
    noise = [["which?", "red"] if chance.random() < 0.3 else ["red"] for _ in range(160)]
    same = compare(run(items, lambda n, _: noise[n]), run(items, lambda n, _: noise[n + 80])).differences["accuracy"]
    assert same.p is not None
    assert same.p > 0.05
    assert same.low is not None
    assert same.high is not None
    assert same.low <= 0 <= same.high
    assert same.detectable == pytest.approx(2.8016 * (same.high - same.low) / 3.92, rel=0.1)


def test_a_run_is_no_better_than_itself() -> None:
    items = requests(20)
    found = compare(run(items, right), run(items, right), resamples=100, flips=100)
    assert {one.difference for one in found.differences.values()} <= {0.0, None}
    assert {one.p for one in found.differences.values()} <= {1.0, None}


@given(st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_to_exchange_the_runs_exchanges_the_sign(chance: random.Random) -> None:
    items = requests(12)
    texts = [[["which?", "red"], ["red"], ["blue"]][chance.randrange(3)] for _ in range(24)]
    first, second = run(items, lambda n, _: texts[n]), run(items, lambda n, _: texts[n + 12])
    one, other = (compare(*both, resamples=100, flips=100) for both in ((first, second), (second, first)))
    for name, found in one.differences.items():
        back = other.differences[name]
        assert found.p == back.p
        if found.difference is not None:
            assert back.difference == -found.difference
        if found.low is not None:
            assert back.high == pytest.approx(-found.low)


def voiced(items: Sequence[Item], sound: str, accents: Sequence[str], rendition: int = 0) -> list[Item]:
    """The same conversations, spoken otherwise."""
    return [
        replace(
            item,
            row_id=item.row_id if not rendition else f"{item.row_id}~{rendition}",
            rendition=rendition,
            pcm_sha256=f"{sound} {item.row_id}",
            speakers={"user": speaker(f"{sound}-voice", accents[place % len(accents)]), "narrator": speaker("slt")},
        )
        for place, item in enumerate(items)
    ]


def two_datasets() -> tuple[Outcomes, Outcomes]:
    """120 requests; in the second set every third user is Scottish, and to them the model always answers."""
    items = requests(120)
    old, new = voiced(items, "old", ["us"]), voiced(items, "new", ["us", "indian", "scottish"])
    return run(old, right), run(new, lambda n, item: rash(n, item) if n % 3 == 2 else right(n, item))


def test_the_same_conversations_in_other_voices() -> None:
    found = compare(*two_datasets())
    assert found.pairing == "conversations"
    assert (found.counts["items"], found.counts["same_recording"]) == (120, 0)
    cells = {(cell.role, cell.quality, cell.label): cell for cell in found.changes}
    assert set(cells) == {("user", "voice", "new-voice"), ("user", "accent", "indian"), ("user", "accent", "scottish")}
    scottish = cells["user", "accent", "scottish"]
    assert scottish.items == 40
    balanced = scottish.differences["balanced_accuracy"]
    assert (balanced.first, balanced.second, balanced.difference) == (1.0, 0.5, -0.5)
    assert balanced.p is not None
    assert balanced.corrected is not None
    assert balanced.p < balanced.corrected < 0.05
    assert cells["user", "accent", "indian"].differences["balanced_accuracy"].difference == 0
    assert cells["user", "accent", "indian"].differences["balanced_accuracy"].corrected == 1


def test_small_changes_are_counted_alone() -> None:
    items = requests(60)
    found = compare(
        run(voiced(items, "old", ["us"]), right), run(voiced(items, "new", ["us", "indian", "scottish"]), right),
        resamples=100, flips=100,
    )  # fmt: skip
    assert [cell.quality for cell in found.changes] == ["voice"]
    assert found.cells_not_shown == 2


def test_renditions_go_with_their_own_or_the_first() -> None:
    items = requests(40)
    old = [*voiced(items, "old", ["us"]), *voiced(items, "older", ["us"], rendition=1)]
    new = [*voiced(items, "new", ["us"]), *voiced(items[:20], "newer", ["us"], rendition=2)]
    wrong_in_second = run(old, lambda n, item: right(n, item) if n < 40 else ["what?"] * 2)
    found = compare(wrong_in_second, run(new, right), resamples=100, flips=100)
    assert (found.counts["items"], found.counts["only_first"], found.counts["only_second"]) == (60, 40, 0)
    assert found.differences["accuracy"].first == 1  # rendition 1 of the first is met by none
    other = voiced(items, "other", ["us"], rendition=1)
    own = compare(wrong_in_second, run(other, right), resamples=100, flips=100)
    assert own.counts["items"] == 40
    assert own.differences["needless_questions"].first == 1  # rendition 1 of both
    turned = compare(run(new, right), wrong_in_second, resamples=100, flips=100)
    assert (turned.counts["items"], turned.counts["only_first"]) == (80, 20)
    assert turned.differences["needless_questions"].second == 0.5


def test_contrast_pairs_stay_pairs_when_renditions_meet_the_first() -> None:
    both = [ambiguous("a", ["red"], ["blue"], contrast_id="c"), clear("b", "red", contrast_id="c")]
    new = [one for number in range(3) for one in voiced(both, f"new{number}", ["us"], rendition=number)]
    found = compare(run(voiced(both, "old", ["us"]), right), run(new, rash), resamples=100, flips=100)
    pairs = found.differences["pair_accuracy"]
    assert (pairs.of, pairs.first, pairs.second) == (3, 1.0, 0.0)


def test_other_texts_are_no_pairs() -> None:
    items = requests(8)
    other = [
        replace(item, question="what size") if n < 3 else item for n, item in enumerate(voiced(items, "x", ["us"]))
    ]
    found = compare(run(items, right), run(other, right), resamples=100, flips=100)
    assert (found.counts["items"], found.counts["unlike"], found.counts["only_first"]) == (5, 3, 0)


def test_runs_of_nothing_in_common_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="same conversations"):
        compare(run(requests(3), right), run([clear("other", "red")], right))
    with pytest.raises(UsageError, match="same rows"):
        compare(run(requests(3), right), run([clear("other", "red")], right), pairing="rows")


def test_nothing_is_said_of_actions_that_nobody_knows() -> None:
    item = clear("i", "red", gold=None)
    found = compare(Outcomes([item], [said(item, "red")]), Outcomes([item], [said(item, "blue")]))
    assert (found.differences["accuracy"].difference, found.differences["trajectory_f1"].difference) == (None, -1.0)
    assert not [line for line in comparison_table(found) if "right action" in line]
    json.dumps(found.to_json(), allow_nan=False)


def compared() -> Comparison:
    return compare(*two_datasets(), resamples=200, flips=200)


def test_the_order_of_lines_does_not_count() -> None:
    first, second = two_datasets()
    chance = random.Random(2)
    turned = []
    for outcomes in (first, second):
        items, told = list(outcomes.items), list(outcomes.trajectories)
        chance.shuffle(items)
        chance.shuffle(told)
        turned.append(Outcomes(items, told))
    again = compare(*turned, resamples=200, flips=200)
    assert json.dumps(again.to_json(), allow_nan=False) == json.dumps(compared().to_json(), allow_nan=False)


def test_texts_show_the_comparison() -> None:
    found = compared()
    shown = "\n".join(comparison_table(found))
    assert "120 items of 60 stories" in shown
    assert "paired by conversations" in shown
    assert "right action in both 110, only in the first 10, only in the second 0, in neither 0" in shown
    [row] = [line for line in comparison_table(found) if "scottish" in line and "balanced" in line]
    assert "-50.0" in row
    block = comparison_markdown(found, IDENTITY, replace(IDENTITY, dataset="an|other", seed=8))
    assert "an&#124;other" in block
    assert "seed 8" in block
    assert {line.count("|") for line in block.splitlines() if line.startswith("|")} == {8, 9}
