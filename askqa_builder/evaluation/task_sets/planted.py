"""A judge tried with answers of which it is known whether they are right: references, and other labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from askqa_builder.evaluation.judge.judge import BEST, Judgement
from askqa_builder.evaluation.task_sets.item import TaskItem
from askqa_builder.evaluation.task_sets.judging import TaskJudging
from askqa_builder.evaluation.task_sets.labels import sort_of
from askqa_builder.seeds import Stream


@dataclass(frozen=True)
class Planted:
    """What a judge makes of right and of wrong answers.

    pairs: examples of which both were rated. right, wrong: mean ratings × 20. right_is_best: share of right answers
    that are rated 5. right_above_wrong: share of pairs in which the right answer is rated higher. not_judged: answers.
    """

    pairs: int
    right: float | None
    wrong: float | None
    right_is_best: float | None
    right_above_wrong: float | None
    not_judged: int

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        return asdict(self)


def planted(judging: TaskJudging, items: Sequence[TaskItem], wanted: int, seed: int) -> Planted:
    """Let a judge rate the gold answer and a wrong one of so many examples that have a label, drawn by seed.

    A wrong answer is that of another example of the kind, whose label is another one of the same sort.
    """
    others: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for item in items:
        if item.label is not None:
            others[item.of_kind, sort_of(item.label)].setdefault(item.label, item.references[0])
    able = [item for item in items if item.label is not None and len(others[item.of_kind, sort_of(item.label)]) > 1]
    drawn = sorted(able, key=lambda item: Stream("planted", seed, item.id).uniform())[:wanted]
    wrong = {item.id: _wrong(item, others[item.of_kind, sort_of(item.label or "")], seed) for item in drawn}
    of_right, _ = judging.of([(item, item.references[0]) for item in drawn])
    of_wrong, _ = judging.of([(item, wrong[item.id]) for item in drawn])
    return _compared(of_right, of_wrong)


def _wrong(item: TaskItem, answers: Mapping[str, str], seed: int) -> str:
    labels = sorted(label for label in answers if label != item.label)
    return answers[labels[int(Stream("planted wrong", seed, item.id).uniform() * len(labels))]]


def _compared(of_right: Mapping[str, Judgement | None], of_wrong: Mapping[str, Judgement | None]) -> Planted:
    pairs = [(right, wrong) for name, right in of_right.items() if right and (wrong := of_wrong[name])]
    missing = sum(one is None for rated in (of_right, of_wrong) for one in rated.values())
    if not pairs:
        return Planted(0, None, None, None, None, missing)
    count = len(pairs)
    return Planted(
        pairs=count,
        right=sum(right.score for right, _ in pairs) / count,
        wrong=sum(wrong.score for _, wrong in pairs) / count,
        right_is_best=sum(right.rating == BEST for right, _ in pairs) / count,
        right_above_wrong=sum(right.rating > wrong.rating for right, wrong in pairs) / count,
        not_judged=missing,
    )
