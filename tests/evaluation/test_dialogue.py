"""How a dialogue goes, by a scene that follows a script."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from askqa_builder.chat.answer import UnfitAnswerError
from askqa_builder.corpus.conversation import Action
from askqa_builder.errors import EngineError, SpeechError
from askqa_builder.evaluation.dialogue import Moment, NotApplicableError, Recording, trajectories
from askqa_builder.evaluation.item import Intent, Item, Said
from askqa_builder.evaluation.models.model import OutOfReachError
from askqa_builder.evaluation.trajectory import Round, Trajectory
from askqa_builder.hearing.listening import TooLongError

READINGS = (
    Intent(0, 0.5, "Which book?", "The first.", ("red",)),
    Intent(1, 0.5, "Which book?", "The second.", ("blue",)),
)
ITEM = Item(
    row_id="row",
    split="test",
    conversation_id="c",
    story_id="s",
    source="mctest",
    rendition=0,
    history=1,
    question="What colour is it?",
    gold=Action.CLARIFY,
    clarifying_questions=("Which book?",),
    intents=READINGS,
    contrast_id=None,
    conflict=False,
    speakers={},
    pcm_sha256="",
)
CLEAR = replace(ITEM, gold=Action.ANSWER, clarifying_questions=(), intents=(Intent(None, 1.0, None, None, ("red",)),))

Step = str | Exception


@dataclass
class Script:
    """says, replies, spoken: by (branch, round); branch None in the first round. An error is raised instead."""

    says: dict[tuple[int | None, int], Step]
    replies: dict[tuple[int | None, int], Step] = field(default_factory=dict)
    spoken: dict[int, Step] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    heard: list[list[str]] = field(default_factory=list)

    def response(self, recording: Recording, moment: Moment) -> Round:
        self.moments.append(moment)
        self.heard.append(list(recording.row["said"]))
        text = told(self.says[None if moment.intent is None else moment.intent.branch, moment.round])
        action = Action.CLARIFY if text.endswith("?") else Action.ANSWER
        return Round(text, action, {"script": action.value}, seconds=1.0)

    def reply(self, moment: Moment, response: str) -> str:
        assert moment.intent is not None
        branch = moment.intent.branch
        return told(self.replies.get((branch, moment.round), f"reply {branch}.{moment.round} to {response}"))

    def go_on(self, recording: Recording, question: str, reply: str) -> Recording:
        def speak() -> dict[str, Any]:
            said = [*recording.row["said"], question, reply]
            told(self.spoken.get(len(said), ""))
            return {"said": said}

        return Recording(speak)


def told(step: Step) -> str:
    if isinstance(step, Exception):
        raise step
    return step


def held(script: Script, item: Item = ITEM, rounds: int = 3) -> list[Trajectory]:
    return list(trajectories(script, item, {"said": []}, rounds))


def test_who_answers_is_asked_once_for_all_readings() -> None:
    script = Script({(None, 1): "red"})
    one, other = held(script)
    assert (one.id, one.branch, other.id, other.branch) == ("row/0", 0, "row/1", 1)
    assert one.rounds == other.rounds
    assert (one.ending, one.first.reply, len(script.moments)) == ("answered", None, 1)
    (clear,) = held(Script({(None, 1): "red"}), CLEAR)
    assert (clear.id, clear.branch) == ("row", None)


def test_each_reading_has_a_dialogue_of_its_own() -> None:
    script = Script({(None, 1): "Which?", (0, 2): "red", (1, 2): "What?", (1, 3): "blue"})
    one, other = held(script)
    assert [(said.response, said.reply) for said in one.rounds] == [("Which?", "reply 0.1 to Which?"), ("red", None)]
    assert [(said.response, said.reply) for said in other.rounds] == [
        ("Which?", "reply 1.1 to Which?"),
        ("What?", "reply 1.2 to What?"),
        ("blue", None),
    ]
    assert {one.ending, other.ending} == {"answered"}
    assert script.heard == [
        [],
        ["Which?", "reply 0.1 to Which?"],
        ["Which?", "reply 1.1 to Which?"],
        ["Which?", "reply 1.1 to Which?", "What?", "reply 1.2 to What?"],
    ]
    assert script.moments[-1].said == tuple(
        Said(role, text) for role, text in zip(("assistant", "user") * 2, script.heard[-1], strict=True)
    )
    assert [moment.round for moment in script.moments] == [1, 2, 2, 3]


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_who_never_stops_asking_is_stopped(rounds: int) -> None:
    script = Script({(branch, number): "What?" for branch in (None, 0, 1) for number in range(1, 9)})
    for one in held(script, rounds=rounds):
        assert (one.ending, len(one.rounds), one.last.reply) == ("max_rounds", rounds, None)
    assert len(script.moments) == 1 + 2 * (rounds - 1)


@pytest.mark.parametrize("error", [OutOfReachError("away"), UnfitAnswerError("unanswered", "away")])
def test_a_failure_costs_the_dialogue_that_it_is_in(error: Exception) -> None:
    for one in held(Script({(None, 1): error})):
        assert (one.ending, one.failure, one.rounds) == ("failed", "away", ())
    one, other = held(Script({(None, 1): "Which?", (0, 2): error, (1, 2): "blue"}))
    assert (one.ending, one.failure, len(one.rounds)) == ("failed", "away", 1)
    assert (other.ending, other.last.response) == ("answered", "blue")
    one, other = held(Script({(None, 1): "Which?", (0, 2): "red"}, {(1, 1): error}))
    assert (one.ending, other.ending) == ("answered", "failed")


@pytest.mark.parametrize("error", [SpeechError("nothing to say aloud"), TooLongError("40 s; the window is 30 s")])
def test_what_cannot_be_said_or_heard_breaks_a_dialogue_off(error: Exception) -> None:
    script = Script({(None, 1): "♪?", (0, 2): "red", (1, 2): "blue"}, spoken={2: error})
    for one in held(script):
        assert (one.ending, one.failure, [said.response for said in one.rounds]) == ("broken_off", str(error), ["♪?"])


def test_a_control_with_nothing_to_say_has_no_part() -> None:
    for one in held(Script({(None, 1): NotApplicableError("no_second_reference")})):
        assert (one.ending, one.failure, one.rounds) == ("not_applicable", "no_second_reference", ())


def test_what_concerns_all_dialogues_ends_them() -> None:
    with pytest.raises(EngineError, match="out of order"):
        held(Script({(None, 1): "Which?", (0, 2): EngineError("out of order")}))


def test_trajectories_are_lines() -> None:
    for one in held(Script({(None, 1): "Which?", (0, 2): "red", (1, 2): OutOfReachError("away")})):
        assert Trajectory.from_json(one.to_json()) == one
        with pytest.raises((KeyError, TypeError, ValueError)):
            Trajectory.from_json({**one.to_json(), "rounds": [{}]})
