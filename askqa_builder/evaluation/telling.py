"""What a run comes to: its results, as files and as lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.folder import (
    ITEMS_NAME,
    MARKDOWN_NAME,
    RESULTS_NAME,
    SCORES_NAME,
    TRAJECTORIES_NAME,
    write_json_lines,
    write_manifest,
    write_text,
)
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.judging import Judging, judged
from askqa_builder.evaluation.metrics.embedding import Embedding
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.results import Results, RunIdentity, score
from askqa_builder.evaluation.metrics.results_text import markdown, table
from askqa_builder.evaluation.metrics.squad_results import answer_overlaps
from askqa_builder.evaluation.metrics.trajectory_scores import TrajectoryScores, score_trajectories
from askqa_builder.evaluation.metrics.usage import Prices
from askqa_builder.evaluation.page.document import write_report
from askqa_builder.evaluation.trajectory import Trajectory
from askqa_builder.evaluation.user.separation import separation

Json = dict[str, Any]


@dataclass(frozen=True)
class Scored:
    """A run's figures. scores: of its trajectories. judge, judgements: None and none where nobody judged."""

    results: Results
    outcomes: Outcomes
    scores: Sequence[TrajectoryScores]
    judge: Json | None = None
    judgements: Mapping[str, Judgement | None] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Return what `results.json` holds."""
        return {**self.results.to_json(), "judge": self.judge}

    def lines(self) -> list[str]:
        """Return them for a terminal."""
        return [*table(self.results), *_judge_lines(self.judge)]

    def markdown(self) -> str:
        """Return a block for a paper."""
        said = "".join(f"- {line}\n" for line in _judge_lines(self.judge))
        return markdown(self.results) + (f"\n{said}" if said else "")


def scored(
    items: Sequence[Item],
    held: Sequence[Trajectory],
    run: RunIdentity,
    *,
    unjudged: Iterable[tuple[Item, Mapping[str, Any]]],
    judging: Judging | None,
    embedding: Embedding | None,
    prices: Prices | None,
) -> Scored:
    """Score the trajectories of a run. unjudged: items without a gold action, with their rows; audio is not needed."""
    outcomes = Outcomes(items, held)
    results = score(
        outcomes,
        run,
        embedding=embedding,
        separation=_separations(outcomes),
        overlaps=answer_overlaps(outcomes, unjudged),
        prices=prices,
    )
    scores = score_trajectories(outcomes)
    if judging is None:
        return Scored(results, outcomes, scores)
    judgements, reasons = judging.of(scores)
    return Scored(results, outcomes, scores, judged(scores, judgements, reasons, run.seed), judgements)


def write_run(
    out: Path, about: Mapping[str, Any], items: Sequence[Item], held: Sequence[Trajectory], of: Scored
) -> None:
    """Write a finished run's files, its manifest last. Raises StorageError."""
    write_json_lines(out / ITEMS_NAME, (item.to_json() for item in items))
    write_json_lines(out / TRAJECTORIES_NAME, (one.to_json() for one in held))
    write_json_lines(out / SCORES_NAME, (score_line(one, of.judgements) for one in of.scores))
    write_text(out / RESULTS_NAME, json.dumps(of.to_json(), indent=1, allow_nan=False, ensure_ascii=False) + "\n")
    write_text(out / MARKDOWN_NAME, of.markdown())
    write_report(out, about, of.to_json(), of.outcomes, of.scores, of.judgements)
    write_manifest(out, about)


def score_line(one: TrajectoryScores, judgements: Mapping[str, Judgement | None]) -> Json:
    """Return what a trajectory has been given, for a file; what there is nothing to score against is null."""
    item, rated = one.of.item, judgements.get(one.of.trajectory.id)
    return {
        "id": one.of.trajectory.id,
        "item": item.row_id,
        "story_id": item.story_id,
        "branch": one.of.intent.branch,
        "weight": one.of.intent.weight,
        "gold": None if item.gold is None else item.gold.value,
        "action": one.of.trajectory.first.action.value,
        "right": one.right,
        "turn": one.turn,
        "trajectory": one.final,
        "rating": None if rated is None else rated.rating,
    }


def _separations(outcomes: Outcomes) -> dict[str, str]:
    """Return what the first question to each ambiguous item does."""
    return {
        one.item.row_id: separation(one.item, one.trajectory.first.response)
        for one in outcomes.held
        if one.asked and one.item.gold is Action.CLARIFY
    }


def _judge_lines(judge: Json | None) -> list[str]:
    if judge is None:
        return []
    interval = "" if judge["low"] is None else f" [{judge['low']:.1f}, {judge['high']:.1f}]"
    rated = "–" if judge["score"] is None else f"{judge['score']:.1f}{interval}"
    found = judge["spearman"]["f1"]["spearman"]
    agrees = "" if found is None else f"; Spearman's correlation with F1 {found:.2f}"
    told = [f"judge, 0 to 100: {rated} of {judge['answers']} answers{agrees}"]
    return [*told, *(f"not judged: {count}, as {reason}" for reason, count in judge["reasons"].items())]
