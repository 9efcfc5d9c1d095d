"""Dialogues as data for the page: what was meant, what was said, what it is worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

from askqa_builder.corpus.conversation import Action, Role
from askqa_builder.evaluation.item import Intent, Item
from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.trajectory_scores import TrajectoryScores
from askqa_builder.evaluation.trajectory import Ending, Round, Trajectory

Json = dict[str, Any]

CHOICES = {
    "ending": [(ending, ending.replace("_", " ")) for ending in get_args(Ending)],
    "action": [action.value for action in Action],
    "order": [("", "as in the dataset"), ("f1", "lowest F1 first"), ("rounds", "most responses first")],
}
"""What dialogues can be chosen by."""

_LISTED = 300
"""Characters of a request in the list, which shows two lines."""


class Stories:
    """The stories that items are about, each once, however many requests are about it. texts: in the items' order."""

    def __init__(self, items: Sequence[Item]) -> None:
        told = dict.fromkeys((item.story_id, text) for item in items if (text := _story(item)) is not None)
        self._places = {story: place for place, story in enumerate(told)}
        self.texts = [text for _, text in told]

    def place(self, item: Item) -> int | None:
        """Return which one an item is about; None where it has no story."""
        text = _story(item)
        return None if text is None else self._places[item.story_id, text]


def dialogues(
    outcomes: Outcomes,
    scores: Sequence[TrajectoryScores],
    judgements: Mapping[str, Judgement | None],
    stories: Stories,
) -> list[Json]:
    """Return the dialogues of a run, in the order of its trajectories. stories: of its items."""
    items = {item.row_id: item for item in outcomes.items}
    scored = {one.of.trajectory.id: one for one in scores}
    siblings: dict[str, list[Trajectory]] = defaultdict(list)
    for one in outcomes.trajectories:
        siblings[one.item].append(one)
    return [
        _before(items[one.item], stories)
        | _dialogue(one, items[one.item], scored.get(one.id), siblings[one.item], judgements.get(one.id))
        for one in outcomes.trajectories
    ]


def list_line(number: int, dialogue: Mapping[str, Any]) -> Json:
    """Return what the list shows and is searched by."""
    final = dialogue["scores"]["trajectory level"]
    first = dialogue["rounds"][0]["action"] if dialogue["rounds"] else None
    gold = dialogue["gold"]
    return {
        **{name: dialogue[name] for name in ("id", "ending", "gold", "source", "branch")},
        "number": number,
        "request": dialogue["request"][:_LISTED],
        "action": first,
        "right": None if gold is None or first is None else gold == first,
        "rounds": len(dialogue["rounds"]),
        "f1": None if final is None else final["f1"],
    }


def _story(item: Item) -> str | None:
    return item.turns[0].text if item.turns and item.turns[0].role == Role.NARRATOR.value else None


def _before(item: Item, stories: Stories) -> Json:
    """Return what the dataset's row has before the request: the story's number, and the turns between the two."""
    told = item.turns[:-1] if _story(item) is None else item.turns[1:-1]
    return {"told": stories.place(item), "history": [asdict(turn) for turn in told]}


def _dialogue(
    one: Trajectory,
    item: Item,
    scores: TrajectoryScores | None,
    siblings: Sequence[Trajectory],
    judgement: Judgement | None,
) -> Json:
    gold = None if item.gold is None else item.gold.value
    return {
        "id": one.id,
        "branch": one.branch,
        "request": item.question,
        "gold": gold,
        "source": item.source,
        "story": item.story_id,
        "conflict": item.conflict,
        "contrast": item.contrast_id is not None,
        "speakers": {role.value: item.speakers[role.value].voice for role in Role if role.value in item.speakers},
        "rounds": [_round(each) for each in one.rounds],
        "ending": one.ending,
        "failure": one.failure,
        "intent": _intent(next(intent for intent in item.intents if intent.branch == one.branch)),
        "questions": list(item.clarifying_questions),
        "readings": [{"id": other.id, "branch": other.branch} for other in siblings] if len(siblings) > 1 else [],
        "scores": {
            "turn level": None if scores is None else scores.turn,
            "trajectory level": None if scores is None else scores.final,
        },
        "judgement": None if judgement is None else asdict(judgement),
    }


def _intent(intent: Intent) -> Json:
    return {
        "question": intent.clarifying_question,
        "reply": intent.reply,
        "references": list(dict.fromkeys(intent.references)),
    }


def _round(one: Round) -> Json:
    told = {name: getattr(one, name) for name in ("response", "unfit", "reply", "seconds", "left_out", "recording")}
    return {**told, "action": one.action.value, "actions": dict(one.actions)}
