"""Examples of a set and what was said to them, in few words."""

from __future__ import annotations

from typing import Any

from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.task_sets.asking import TaskResponse
from askqa_builder.evaluation.task_sets.item import TaskItem
from askqa_builder.evaluation.task_sets.labels import LabelParser
from askqa_builder.evaluation.task_sets.results import Rated, TaskResults, TaskRunIdentity, score_tasks
from askqa_builder.evaluation.task_sets.scores import ScoredExample

IDENTITY = TaskRunIdentity("a set", "d1g3st", "test", "a model", False, None, 7)

Said = tuple[TaskItem, str]


def item(name: str, label: str | None, *references: str, **others: Any) -> TaskItem:
    told: dict[str, Any] = {
        "id": name, "task": "t", "kind": "k", "row_id": name, "conversation_id": name, "story_id": f"story of {name}",
        "split": "test", "question": f"what of {name}", "prompt": f"what of {name}", "audio": (),
        "references": references or (label or "blue",), "label": label, "metadata": False, "metadata_readable": None,
    }  # fmt: skip
    return TaskItem(**{**told, **others})


def response(name: str, text: str, **others: Any) -> TaskResponse:
    return TaskResponse(name, "answered", response=text, **{"seconds": 1.0, **others})


def results_of(
    said: list[Said], ratings: dict[str, int] | None = None, **others: Any
) -> tuple[TaskResults, list[ScoredExample]]:
    """Score responses. ratings: by example; None where nobody judged."""
    items = [one for one, _ in said]
    judgements = {name: Judgement(rating, "so it is") for name, rating in (ratings or {}).items()}
    rated = None if ratings is None else Rated(judgements, {}, None)
    run = others.pop("run", IDENTITY)
    told = [response(one.id, text) for one, text in said]
    return score_tasks(items, told, run, LabelParser(items), rated=rated, **others)
