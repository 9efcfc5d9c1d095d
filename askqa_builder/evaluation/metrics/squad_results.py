"""What a run comes to on questions of which nobody says whether they are ambiguous: SQuAD's measures and NMSQA's.

Of Spoken-SQuAD and SD-QA that is every question, and there is no action to score: the answer with which a trajectory
ends is all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.answer_spans import Narration, Overlap, overlap
from askqa_builder.evaluation.metrics.figures import Figure, figures
from askqa_builder.evaluation.metrics.item_table import ItemTable
from askqa_builder.evaluation.metrics.measures import share
from askqa_builder.evaluation.metrics.outcomes import Held, Outcomes
from askqa_builder.evaluation.metrics.resampling import RESAMPLES, StoryBootstrap
from askqa_builder.evaluation.metrics.squad_scores import SquadScore, score_squad
from askqa_builder.evaluation.metrics.trajectory_scores import final_case

MEASURES = (
    share("squad_f1", "f1", "items", proportion=False),
    share("squad_exact", "exact", "items", proportion=True),
    share("squad_f1_answerable", "f1_answerable", "answerable", proportion=False),
    share("squad_exact_answerable", "exact_answerable", "answerable", proportion=True),
    share("squad_unanswerable", "exact_unanswerable", "unanswerable", proportion=True),
    share("aos", "aos", "timed", proportion=False),
    share("ff1", "ff1", "timed", proportion=False),
    share("located", "located", "timed", proportion=True),
)

_COUNTS = ("items", "answerable", "unanswerable", "timed", "located")


@dataclass(frozen=True)
class SquadResults:
    """Figures by name of the measure. counts: items by what there is to score; located: whose answer is a quotation."""

    counts: Mapping[str, int]
    figures: Mapping[str, Figure]

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        return {
            "counts": dict(self.counts),
            "figures": {name: figure.to_json() for name, figure in self.figures.items()},
        }


def answer_overlaps(outcomes: Outcomes, rows: Iterable[tuple[Item, Mapping[str, Any]]]) -> dict[str, Overlap]:
    """Return by row id how the times of answers overlap with the right ones, where both are known.

    rows: of items, without their audio; one after the other, so that their words are never all in memory.
    """
    held = {one.item.row_id: one for one in _unjudged(outcomes)}
    found = {}
    for item, row in rows if held else ():
        one, narration = held.get(item.row_id), Narration.of(row)
        case = None if one is None else final_case(one)
        if case is not None and narration is not None:
            overlapping = overlap(narration, case.text, case.references)
            found.update({} if overlapping is None else {item.row_id: overlapping})
    return found


def squad_results(
    outcomes: Outcomes, overlaps: Mapping[str, Overlap], seed: int, resamples: int = RESAMPLES
) -> SquadResults | None:
    """Score the items without a gold action; None where no such item has a score. overlaps: by row id."""
    cases = [(one.item, final_case(one)) for one in _unjudged(outcomes)]
    scored = [(item, score_squad(case.text, case.references)) for item, case in cases if case is not None]
    if not scored:
        return None
    rows = [_row(score, overlaps.get(item.row_id)) for item, score in scored]
    columns = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]}
    table = ItemTable(tuple(item for item, _ in scored), columns)
    counts = {name: int(columns[name].sum()) for name in _COUNTS}
    return SquadResults(counts, figures(table, MEASURES, StoryBootstrap(table.stories, seed, resamples)))


def _unjudged(outcomes: Outcomes) -> list[Held]:
    """Return the trajectories of items without a gold action; such an item has one intent."""
    return [one for one in outcomes.held if one.item.gold is None]


def _row(score: SquadScore, overlapping: Overlap | None) -> dict[str, float]:
    """Return what an item adds to the sums."""
    exact, answerable = float(score.exact), float(score.answerable)
    return {
        "items": 1.0,
        "f1": score.f1,
        "exact": exact,
        "answerable": answerable,
        "f1_answerable": score.f1 * answerable,
        "exact_answerable": exact * answerable,
        "unanswerable": 1.0 - answerable,
        "exact_unanswerable": exact * (1.0 - answerable),
        "timed": float(overlapping is not None),
        "aos": 0.0 if overlapping is None else overlapping.aos,
        "ff1": 0.0 if overlapping is None else overlapping.ff1,
        "located": float(overlapping is not None and overlapping.located),
    }
