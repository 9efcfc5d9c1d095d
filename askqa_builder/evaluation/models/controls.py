"""Controls that stand in for a model: what scores mean is seen against them."""

from __future__ import annotations

from abc import ABC, abstractmethod

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.item import Intent, Item
from askqa_builder.evaluation.models.model import Request, Response
from askqa_builder.seeds import Stream

ANSWER = "yes"
"""What always-answer says. No other answer that is always the same is right as often: "yes" is the answer to 86 of the
932 clear requests of Abg-CoQA's test split, "no" to 76, "unknown" to 3."""

QUESTION = "What do you mean?"
"""What always-clarify asks."""

FEW_REFERENCES = "no_second_reference"


class Control(ABC):
    """Stands in for a model, and is told what no model is: labels, references and the user's intent.

    It says nothing of the intent before it has asked: the first response to an item is the same for each of them.
    """

    name: str
    concurrency = 64

    @abstractmethod
    def respond(self, request: Request) -> Response:
        """See `Model.respond`."""

    def skips(self, item: Item) -> str | None:
        """Return why it has nothing to say to an item, as a slug; None where there is no reason."""
        return None

    @property
    def identity(self) -> dict[str, object]:
        """What may change its responses."""
        return {"control": self.name}


class AlwaysAnswer(Control):
    """Never asks, and gives the same answer always: the floor of every score, and what accuracy alone is worth."""

    name = "always-answer"

    def respond(self, request: Request) -> Response:
        """See `Model.respond`."""
        return Response(ANSWER)

    @property
    def identity(self) -> dict[str, object]:
        """What may change its responses."""
        return {"control": self.name, "says": ANSWER}


class AlwaysClarify(Control):
    """Asks the same question in every round, also when it has been clarified: only the most rounds there are end it."""

    name = "always-clarify"

    def respond(self, request: Request) -> Response:
        """See `Model.respond`."""
        return Response(QUESTION)

    @property
    def identity(self) -> dict[str, object]:
        """What may change its responses."""
        return {"control": self.name, "says": QUESTION}


class Oracle(Control):
    """Asks what the first annotator asked where gold is to ask, then gives the intent's first reference.

    It shows that simulator, classifier and scores work as they should; people do not reach what it reaches.
    """

    name = "oracle"

    def respond(self, request: Request) -> Response:
        """See `Model.respond`."""
        if _asks(request):
            return Response(request.item.clarifying_questions[0], action=Action.CLARIFY)
        return Response(_intent(request).references[0], action=Action.ANSWER)


class Human(Control):
    """Says what one annotator said, drawn by seed and item, to be scored against the others: what people reach.

    The response tells which of the references it is (`Response.left_out`), so that this occurrence of it, and no other
    one that reads alike, is left out. An item of which any intent has fewer than two references has none to be scored
    against, and is skipped as a whole.
    """

    name = "human"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    @property
    def identity(self) -> dict[str, object]:
        """What may change its responses."""
        return {"control": self.name, "seed": self._seed}

    def respond(self, request: Request) -> Response:
        """See `Model.respond`."""
        asks = _asks(request)
        said = request.item.clarifying_questions if asks else _intent(request).references
        place = self._drawn(request, len(said))
        return Response(said[place], left_out=place, action=Action.CLARIFY if asks else Action.ANSWER)

    def skips(self, item: Item) -> str | None:
        """See `Control.skips`: all intents of an item or none, as they share the first response."""
        return FEW_REFERENCES if min(len(intent.references) for intent in item.intents) < 2 else None

    def _drawn(self, request: Request, of: int) -> int:
        branch = _intent(request).branch if request.round > 1 else None
        return int(Stream(self.name, self._seed, request.item.row_id, request.round, str(branch)).uniform() * of)


CONTROLS: dict[str, type[Control]] = {one.name: one for one in (AlwaysAnswer, AlwaysClarify, Oracle, Human)}


def _asks(request: Request) -> bool:
    return request.round == 1 and request.item.gold is Action.CLARIFY


def _intent(request: Request) -> Intent:
    """Return what the user means; before anybody has asked, it is told where there is nothing to ask about alone."""
    if request.intent is not None:
        return request.intent
    (only,) = request.item.intents
    return only
