"""A conversation with a model under test: it is heard, asked back, answered, until it answers itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

from askqa_builder.chat.answer import UnfitAnswerError
from askqa_builder.corpus.conversation import Action
from askqa_builder.errors import AskqaError, SpeechError
from askqa_builder.evaluation.item import Intent, Item, Said
from askqa_builder.evaluation.models.model import OutOfReachError
from askqa_builder.evaluation.trajectory import Ending, Round, Trajectory
from askqa_builder.hearing.listening import TooLongError

Row = dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """A point of a trajectory at which the model must respond.

    row: as the dataset has it, perhaps without its audio. intent: None in the first round, which all intents of an
    item share. said: turns that the dataset's row does not
    have, oldest first: the model's question and the user's reply in turn.
    """

    item: Item
    row: Row
    intent: Intent | None
    said: tuple[Said, ...] = ()

    @property
    def round(self) -> int:
        """Which response it is, from 1."""
        return 1 + len(self.said) // 2


class NotApplicableError(AskqaError):
    """A control has nothing to say to an item; the message is why, as a slug."""


class Recording:
    """A row's recording, which goes on with what is said; it is spoken once somebody needs to hear it."""

    def __init__(self, make: Callable[[], Row]) -> None:
        self._make = make

    @cached_property
    def row(self) -> Row:
        """The row with its audio. Raises SpeechError where a turn cannot be spoken."""
        return self._make()


class Scene(Protocol):
    """What happens around a dialogue: a model responds, responses are told apart, a user replies.

    Everything is asked once. OutOfReachError, UnfitAnswerError, SpeechError and TooLongError concern one dialogue;
    other errors concern all.
    """

    def response(self, recording: Recording, moment: Moment) -> Round:
        """Return the model's response to what can be heard."""

    def reply(self, moment: Moment, response: str) -> str:
        """Return what the user says to a response that asks."""

    def go_on(self, recording: Recording, question: str, reply: str) -> Recording:
        """Return a recording that goes on with the two."""


def trajectories(scene: Scene, item: Item, row: Row, max_rounds: int) -> Iterator[Trajectory]:
    """Yield an item's trajectories, one for each intent; the first response is the same in all.

    row: as the dataset has it. max_rounds: responses of the model, at most.
    """
    recording = Recording(lambda: row)
    try:
        first = scene.response(recording, Moment(item, row, None))
    except NotApplicableError as error:
        for intent in item.intents:
            yield _trajectory(item, intent, (), "not_applicable", str(error))
        return
    except (OutOfReachError, UnfitAnswerError) as error:
        for intent in item.intents:
            yield _trajectory(item, intent, (), "failed", str(error))
        return
    for intent in item.intents:
        yield _go_on(scene, Moment(item, row, intent), recording, first, max_rounds)


def _go_on(scene: Scene, moment: Moment, recording: Recording, first: Round, max_rounds: int) -> Trajectory:
    """Let the user of one intent answer until the model does."""
    rounds = [first]
    ending: Ending = "answered"
    failure = None
    try:
        while rounds[-1].action is Action.CLARIFY:
            if len(rounds) >= max_rounds:
                ending = "max_rounds"
                break
            asked = rounds[-1].response
            reply = scene.reply(moment, asked)
            recording = scene.go_on(recording, asked, reply)
            moment = replace(moment, said=(*moment.said, Said("assistant", asked), Said("user", reply)))
            following = scene.response(recording, moment)
            rounds[-1:] = [replace(rounds[-1], reply=reply), following]
    except (SpeechError, TooLongError) as error:
        ending, failure = "broken_off", str(error)
    except (OutOfReachError, UnfitAnswerError) as error:
        ending, failure = "failed", str(error)
    assert moment.intent is not None
    return _trajectory(moment.item, moment.intent, rounds, ending, failure)


def _trajectory(
    item: Item, intent: Intent, rounds: Sequence[Round], ending: Ending, failure: str | None = None
) -> Trajectory:
    return Trajectory(item.trajectory_id(intent), item.row_id, intent.branch, tuple(rounds), ending, failure)
