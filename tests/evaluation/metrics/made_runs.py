"""Items and trajectories in few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.item import Intent, Item, Speaker
from askqa_builder.evaluation.metrics.results import RunIdentity
from askqa_builder.evaluation.trajectory import Ending, Round, Trajectory

QUESTIONS = ("which one do you mean", "do you mean the red one")
IDENTITY = RunIdentity("a dataset", "d1g3st", "a model", "rule", "rule", "audio", 7, 3)


def clear(name: str, *references: str, **others: Any) -> Item:
    """An item with one reading."""
    intents = (Intent(None, 1.0, None, None, references or ("blue",)),)
    return _item(name, Action.ANSWER, (), intents, others)


def ambiguous(name: str, *branches: Sequence[str], weights: Sequence[float] = (), **others: Any) -> Item:
    """An item with a reading for each branch."""
    shares = weights or [1 / len(branches)] * len(branches)
    intents = tuple(
        Intent(place, share, QUESTIONS[0], f"reply {place}", tuple(references))
        for place, (share, references) in enumerate(zip(shares, branches, strict=True))
    )
    return _item(name, Action.CLARIFY, QUESTIONS, intents, others)


def _item(name: str, gold: Action, questions: tuple[str, ...], intents: tuple[Intent, ...], others: Any) -> Item:
    told: dict[str, Any] = {
        "row_id": name, "split": "test", "conversation_id": name, "story_id": f"story of {name}", "source": "race",
        "rendition": 0, "history": 2, "question": "what colour", "gold": gold, "clarifying_questions": questions,
        "intents": intents, "contrast_id": None, "conflict": False, "speakers": {}, "pcm_sha256": f"sound of {name}",
    }  # fmt: skip
    return Item(**{**told, **others})


def speaker(voice: str = "slt", accent: str | None = "us", rate: float | None = 1.0, pitch: float = 0.0) -> Speaker:
    return Speaker(voice, "female", accent, rate, pitch)


def response(text: str, **others: Any) -> Round:
    """A response; one that ends with a question mark asks."""
    action = Action.CLARIFY if text.endswith("?") else Action.ANSWER
    return Round(text, others.pop("action", action), {"rule": action.value}, **{"seconds": 1.0, **others})


def said(item: Item, *texts: str | Round, branch: int | None = None, ending: Ending | None = None) -> Trajectory:
    """What a model said in one trajectory."""
    rounds = tuple(one if isinstance(one, Round) else response(one) for one in texts)
    asks = bool(rounds) and rounds[-1].action is Action.CLARIFY
    name = item.row_id if branch is None else f"{item.row_id}/{branch}"
    return Trajectory(name, item.row_id, branch, rounds, ending or ("max_rounds" if asks else "answered"))


def said_to_all(item: Item, *texts: str) -> list[Trajectory]:
    """The same responses in each trajectory of an item."""
    return [said(item, *texts, branch=intent.branch) for intent in item.intents]
