from __future__ import annotations

import pytest
from made_runs import QUESTIONS, ambiguous, clear, response, said, said_to_all

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.trajectory_scores import TrajectoryScores, score_trajectories
from askqa_builder.evaluation.trajectory import Trajectory


def scored(item: Item, *trajectories: Trajectory) -> list[TrajectoryScores]:
    return score_trajectories(Outcomes([item], trajectories))


def f1(scores: dict[str, float] | None) -> float | None:
    return None if scores is None else scores["f1"]


def test_a_trajectory_is_scored_against_its_own_branch() -> None:
    item = ambiguous("i", ["red"], ["blue"])
    first, second = scored(item, said(item, "which?", "red", branch=0), said(item, "which?", "red", branch=1))
    assert (f1(first.final), f1(second.final)) == (1.0, 0.0)


def test_the_first_response_is_scored_against_what_annotators_asked() -> None:
    item = ambiguous("i", ["red"], ["blue"])
    [asked, _] = scored(item, *said_to_all(item, "Do you mean the red one?", "red"))
    assert f1(asked.turn) == 1.0
    assert asked.right is True
    [answered, _] = scored(item, *said_to_all(item, "red"))
    assert f1(answered.turn) == pytest.approx(2 * 1 / (1 + 5))  # "do you mean red one": one word of five
    assert answered.right is False


def test_the_first_response_to_a_clear_request_is_scored_against_its_answers() -> None:
    item = clear("i", "red cake", "cake")
    [one] = scored(item, said(item, "do you mean cake?", "red"))
    assert (one.right, f1(one.turn), f1(one.final)) == (False, 2 / 5, 2 / 3)
    unknown = clear("i", "red", gold=None)
    [one] = scored(unknown, said(unknown, "red"))
    assert (one.right, f1(one.turn)) == (None, 1.0)


@pytest.mark.parametrize("ending", ["max_rounds", "broken_off"])
def test_a_question_at_the_end_is_scored_as_it_is(ending: str) -> None:
    item = clear("i", "red")
    [one] = scored(item, said(item, "what?", "is it red?", ending=ending))  # type: ignore[arg-type]
    assert f1(one.final) == 2 / 4


def test_no_response_scores_nothing_and_half_a_response_what_it_says() -> None:
    item = clear("i", "the")
    [one] = scored(item, said(item, response("", unfit="refused")))
    assert one.final == {"f1": 0.0, "exact": 0.0, "containment": 0.0, "rouge_l": 0.0}
    item = clear("i", "red cake")
    [one] = scored(item, said(item, response("red", unfit="cut_off")))
    assert f1(one.final) == 2 / 3


def test_what_failed_has_no_scores() -> None:
    item = ambiguous("i", ["red"], ["blue"], ["green"], ["white"])
    run = Outcomes(
        [item],
        [
            said(item, "which?", branch=0, ending="failed"),
            said(item, branch=1, ending="failed"),
            said(item, branch=2, ending="not_applicable"),
        ],
    )
    assert score_trajectories(run) == []
    assert (run.ended("failed"), run.ended("not_applicable"), run.missing) == (2, 1, 1)


def test_who_says_a_reference_is_scored_against_the_others() -> None:
    item = ambiguous("i", ["red", "red", "dark"], ["blue"])
    asked = response(QUESTIONS[0] + "?", left_out=0)
    twice, alone = (
        scored(item, said(item, asked, response("red", left_out=0), branch=0))[0],
        scored(item, said(item, asked, response("blue", left_out=0), branch=1))[0],
    )
    assert f1(twice.final) == 1.0  # another person said it too
    assert alone.final is None
    other = scored(item, said(item, asked, response("dark", left_out=2), branch=0))[0]
    assert f1(other.final) == 0.0


def test_a_question_that_is_left_out_is_so_among_questions_alone() -> None:
    item = ambiguous("i", ["yes", "red one"])
    question = response(QUESTIONS[1], left_out=1, action=response("?").action)
    [one] = scored(item, said(item, question, branch=0))
    assert one.turn is not None
    assert one.turn["exact"] == 0.0  # against the other annotator's
    [kept] = scored(item, said(item, response(QUESTIONS[1], action=response("?").action), branch=0))
    assert kept.turn is not None
    assert kept.turn["exact"] == 1.0
    assert one.final == kept.final  # a question is none of the answers


def test_a_reading_without_answers_has_no_score() -> None:
    item = ambiguous("i", [" "], [])
    both = scored(item, *said_to_all(item, "which?", "red"))
    assert [one.final for one in both] == [None, None]
    assert all(one.turn is not None for one in both)


def test_what_does_not_belong_together_is_told() -> None:
    item = clear("i")
    with pytest.raises(UsageError, match="of no item"):
        Outcomes([item], [said(clear("j"), "red")])
    with pytest.raises(UsageError, match="of no item"):
        Outcomes([item], [said(item, "red", branch=3)])
    with pytest.raises(UsageError, match="twice"):
        Outcomes([item], [said(item, "red"), said(item, "blue")])
    with pytest.raises(UsageError, match="same row"):
        Outcomes([item, item], [])
