"""A conversation with a model under test: it is heard, asked back, answered, until it answers itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from askqa_builder.chat.answer import UnfitAnswerError
from askqa_builder.corpus.conversation import Action
from askqa_builder.errors import SpeechError
from askqa_builder.evaluation.item import Intent, Item
from askqa_builder.evaluation.models.model import OutOfReachError, Said
from askqa_builder.evaluation.trajectory import Ending, Round, Trajectory
from askqa_builder.hearing.listening import TooLongError

Row = dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """A point of a trajectory at which the model must respond.

    intent: None in the first round, which all intents of an item share. said: turns that the dataset's row does not
    have, oldest first. rounds: the model's responses before, as many as there are pairs in `said`.
    """

    item: Item
    intent: Intent | None
    said: tuple[Said, ...] = ()

    @property
    def round(self) -> int:
        """Which response it is, from 1."""
        return 1 + len(self.said) // 2


class Scene(Protocol):
    """What happens around a dialogue: a model responds, responses are told apart, a user replies.

    All of it is asked once, and raises OutOfReachError, UnfitAnswerError, SpeechError or TooLongError where it
    concerns one dialogue, and other errors where it concerns all.
    """

    def response(self, row: Row, moment: Moment) -> Round:
        """Return the model's response to a row's recording, which goes on with what has been said since."""

    def reply(self, row: Row, moment: Moment, response: str) -> str:
        """Return what the user says to a response that asks."""


def trajectories(scene: Scene, item: Item, row: Row, max_rounds: int) -> Iterator[Trajectory]:
    """Yield an item's trajectories, one for each intent; the first response is the same in all.

    row: as the dataset has it. max_rounds: responses of the model, at most.
    """
    try:
        first = scene.response(row, Moment(item, None))
    except (OutOfReachError, UnfitAnswerError) as error:
        for intent in item.intents:
            yield _trajectory(item, intent, (), "failed", str(error))
        return
    for intent in item.intents:
        yield _go_on(scene, item, intent, row, first, max_rounds)


def _go_on(scene: Scene, item: Item, intent: Intent, row: Row, first: Round, max_rounds: int) -> Trajectory:
    """Let the user of one intent answer until the model does."""
    moment = Moment(item, intent)
    rounds: list[Round] = [first]
    while rounds[-1].action is Action.CLARIFY:
        if len(rounds) >= max_rounds:
            return _trajectory(item, intent, rounds, "max_rounds")
        asked = rounds[-1].response
        try:
            reply = scene.reply(row, moment, asked)
            rounds[-1] = replace(rounds[-1], reply=reply)
            moment = replace(moment, said=(*moment.said, Said("assistant", asked), Said("user", reply)))
            rounds.append(scene.response(row, moment))
        except (SpeechError, TooLongError) as error:
            return _trajectory(item, intent, rounds, "broken_off", str(error))
        except (OutOfReachError, UnfitAnswerError) as error:
            return _trajectory(item, intent, rounds, "failed", str(error))
    return _trajectory(item, intent, rounds, "answered")


def _trajectory(
    item: Item, intent: Intent, rounds: Sequence[Round], ending: Ending, failure: str | None = None
) -> Trajectory:
    return Trajectory(item.trajectory_id(intent), item.row_id, intent.branch, tuple(rounds), ending, failure)
