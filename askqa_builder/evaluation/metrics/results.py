"""The results of a run: from items and trajectories to `results.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.actions.agreement import Agreement
from askqa_builder.evaluation.metrics.action_scores import ActionScores
from askqa_builder.evaluation.metrics.answer_spans import Overlap
from askqa_builder.evaluation.metrics.breakdown import Breakdown, breakdowns
from askqa_builder.evaluation.metrics.classifying import Pair, agreements
from askqa_builder.evaluation.metrics.embedding import Embedding
from askqa_builder.evaluation.metrics.figures import Figure, counted, figures
from askqa_builder.evaluation.metrics.item_table import ACTIONS, ItemTable, item_table, units
from askqa_builder.evaluation.metrics.measures import ACTION_MEASURES, PAIR_ACCURACY, SEPARATING, text_measures
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.resampling import RESAMPLES, StoryBootstrap
from askqa_builder.evaluation.metrics.squad_results import SquadResults, squad_results, with_squad
from askqa_builder.evaluation.metrics.text_scores import score_names
from askqa_builder.evaluation.metrics.trajectory_scores import TrajectoryScores, score_trajectories
from askqa_builder.evaluation.metrics.usage import Prices, Rounds, Usage, rounds_of, usage_of


@dataclass(frozen=True)
class RunIdentity:
    """What was run. dataset_digest: what names its content. context: what the model was given to hear and read.

    seed: of the run; draws of the bootstrap come from it too. max_rounds: most responses of a trajectory. metadata:
    whether labels of how it is said stood in the prompts.
    """

    dataset: str
    dataset_digest: str
    model: str
    classifier: str
    simulator: str
    context: str
    seed: int
    max_rounds: int
    metadata: bool = False

    @property
    def given(self) -> str:
        """What the model was given, in words."""
        return f"{self.context}, with labels of how it is said" if self.metadata else self.context


@dataclass(frozen=True)
class Results:
    """All figures of a run.

    counts: of what was scored and what was not. actions: counts of items with a gold action. figures: by name of the
    measure, over all items, label conflicts among them, as the paper counts. without_conflicts: the action's measures
    over the others. breakdowns: by name, cells by label. scores: the names of the text scores. squad: of the items
    without a gold action; None where there are none.
    """

    run: RunIdentity
    counts: Mapping[str, int]
    actions: ActionScores
    figures: Mapping[str, Figure]
    without_conflicts: Mapping[str, Figure]
    breakdowns: Mapping[str, Breakdown]
    rounds: Rounds
    usage: Usage
    classifiers: Mapping[Pair, Agreement]
    scores: tuple[str, ...]
    embedding: str | None
    squad: SquadResults | None

    def to_json(self) -> dict[str, Any]:
        """Return what `results.json` holds: the same for the same run, whatever the order of its lines; no NaN."""
        return {
            "run": asdict(self.run),
            "counts": dict(self.counts),
            "actions": {name: counted(number) for name, number in asdict(self.actions).items()},
            "figures": _to_json(self.figures),
            "without_conflicts": _to_json(self.without_conflicts),
            "breakdowns": _to_json(self.breakdowns),
            "rounds": self.rounds.to_json(),
            "usage": self.usage.to_json(),
            "classifiers": [{"between": list(pair), **one.to_json()} for pair, one in self.classifiers.items()],
            "embedding": self.embedding,
            "squad": None if self.squad is None else self.squad.to_json(),
        }


def score(
    outcomes: Outcomes,
    run: RunIdentity,
    *,
    embedding: Embedding | None = None,
    separation: Mapping[str, str] | None = None,
    overlaps: Mapping[str, Overlap] | None = None,
    prices: Prices | None = None,
    resamples: int = RESAMPLES,
) -> Results:
    """Score a run. separation: by row id, what the model's first question does: one of `item_table.SEPARATIONS`.
    overlaps: by row id, of answers to items without a gold action, where times are known.

    Raises ValueError for another separation.
    """
    scores = score_trajectories(outcomes, embedding)
    names = score_names(embedding)
    found = units(scores)
    table = with_squad(item_table(found, names, separation), found, overlaps)
    bootstrap = StoryBootstrap(table.stories, run.seed, resamples)
    measures = [*ACTION_MEASURES, PAIR_ACCURACY, *text_measures(names)]
    agreed = np.array([not item.conflict for item in table.items], dtype=np.bool_)
    return Results(
        run=run,
        counts=_counts(outcomes, scores, table, separation),
        actions=ActionScores(*map(float, table.sums(ACTIONS))),
        figures=figures(table, measures if separation is None else [*measures, SEPARATING], bootstrap),
        without_conflicts=figures(table, ACTION_MEASURES, bootstrap, agreed),
        breakdowns=breakdowns(table, bootstrap),
        rounds=rounds_of(outcomes.held),
        usage=usage_of(outcomes, prices),
        classifiers=agreements(response for _, response in outcomes.responses),
        scores=names,
        embedding=None if embedding is None else embedding.name,
        squad=squad_results(table, bootstrap),
    )


def _to_json(found: Mapping[str, Figure] | Mapping[str, Breakdown]) -> dict[str, Any]:
    return {name: one.to_json() for name, one in found.items()}


def _counts(
    outcomes: Outcomes, scores: Sequence[TrajectoryScores], table: ItemTable, separation: Mapping[str, str] | None
) -> dict[str, int]:
    gold = Counter(item.gold for item in table.items)
    pairs = {(item.contrast_id, item.rendition) for item in outcomes.items if item.contrast_id is not None}
    whole = int(table.columns["pairs"].sum())
    asked_rightly = int(np.count_nonzero(table.columns["asked"]))
    judged = int(table.columns["judged_questions"].sum())
    return {
        "items": len(outcomes.items),
        "items_scored": len(table.items),
        "stories": table.stories,
        "gold_clarify": gold[Action.CLARIFY],
        "gold_answer": gold[Action.ANSWER],
        "gold_not_known": gold[None],
        "label_conflicts": sum(item.conflict for item in table.items),
        "contrast_pairs": whole,
        "contrast_pairs_not_whole": len(pairs) - whole,
        "trajectories_scored": len(scores),
        "trajectories_at_most_rounds": outcomes.ended("max_rounds"),
        "trajectories_broken_off": outcomes.ended("broken_off"),
        "trajectories_failed": outcomes.ended("failed"),
        "trajectories_not_applicable": outcomes.ended("not_applicable"),
        "trajectories_missing": outcomes.missing,
        "trajectories_unfit": sum(one.of.trajectory.last.unfit is not None for one in scores),
        "no_reference_at_turn_level": sum(one.turn is None for one in scores),
        "no_reference_at_trajectory_level": sum(one.final is None for one in scores),
        "questions_not_judged": 0 if separation is None else asked_rightly - judged,
    }
