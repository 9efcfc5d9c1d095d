"""Final responses rated by a judge, and how far it agrees with what is measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askqa_builder.evaluation.judge.agreement import correlation
from askqa_builder.evaluation.judge.judge import Judge, Judgement
from askqa_builder.evaluation.judge.once import ToRate, rated_once
from askqa_builder.evaluation.ledger import Json, Ledger
from askqa_builder.evaluation.metrics.numbers import Numbers, known, share_of, weighted_mean
from askqa_builder.evaluation.metrics.outcomes import Held
from askqa_builder.evaluation.metrics.resampling import StoryBootstrap, spread
from askqa_builder.evaluation.metrics.trajectory_scores import TrajectoryScores

AUTOMATIC = ("f1", "exact", "containment", "rouge_l")
"""Scores that judgements are compared with."""


@dataclass(frozen=True)
class Judging:
    """Asks a judge once about each answer. identity: which model it is; threads: at once."""

    judge: Judge
    identity: Any
    threads: int
    ledger: Ledger

    def of(self, scores: Sequence[TrajectoryScores]) -> tuple[dict[str, Judgement | None], Counter[str]]:
        """Return judgements by trajectory, of those with a reference, and why the judge has no fitting one of others.

        Those are None.
        """
        answers = [self._to_rate(one.of) for one in scores if one.final is not None]
        return rated_once(answers, self.threads, self.ledger)

    def _to_rate(self, held: Held) -> ToRate:
        trajectory, response = held.trajectory.id, held.trajectory.last.response
        asked = {"who": "judge", "judge": self.identity, "trajectory": trajectory, "response": response}
        return ToRate(trajectory, asked, lambda: self.judge.judge(held.item, held.intent, response))


def judged(
    scores: Sequence[TrajectoryScores],
    judgements: Mapping[str, Judgement | None],
    reasons: Mapping[str, int],
    seed: int,
) -> Json:
    """Return what judgements come to, as results hold it: the mean, 0 to 100, each item once, and correlations.

    Of each trajectory of an item that the judge has rated, the weight of its intent counts. reasons: why the judge has
    not rated others, with their number.
    """
    rated = [(one, found) for one in scores if (found := judgements.get(one.of.trajectory.id)) is not None]
    stories = {story: number for number, story in enumerate(sorted({one.of.item.story_id for one, _ in rated}))}
    sums = np.zeros((len(stories), 2))
    items: dict[str, list[tuple[TrajectoryScores, Judgement]]] = defaultdict(list)
    for one, found in rated:
        items[one.of.item.row_id].append((one, found))
    for group in items.values():
        mean, _ = weighted_mean((one.of.intent.weight, found.score) for one, found in group)
        sums[stories[group[0][0].of.item.story_id]] += (mean, 1.0)
    interval = spread(_mean(StoryBootstrap(len(stories), seed).sums(sums)))
    ids = [one.of.item.story_id for one, _ in rated]
    ratings = [float(found.rating) for _, found in rated]
    return {
        "score": known(_mean(sums.sum(axis=0))) if rated else None,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "items": len(items),
        "answers": len(rated),
        "not_judged": sum(reasons.values()),
        "reasons": dict(sorted(reasons.items())),
        "spearman": {
            name: correlation(ratings, [_score(one, name) for one, _ in rated], ids, seed).to_json()
            for name in AUTOMATIC
        },
    }


def _mean(sums: Numbers) -> Numbers:
    return share_of(sums[..., 0], sums[..., 1])


def _score(one: TrajectoryScores, name: str) -> float:
    assert one.final is not None
    return one.final[name]
