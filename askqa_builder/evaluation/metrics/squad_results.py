"""What a run comes to on questions of which nobody says whether they are ambiguous: SQuAD's measures and NMSQA's.

Of Spoken-SQuAD and SD-QA that is every question, and there is no action to score: the answer with which a trajectory
ends is all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.answer_spans import Narration, Overlap, overlap
from askqa_builder.evaluation.metrics.figures import Figure, figures
from askqa_builder.evaluation.metrics.item_table import ItemTable, Unit
from askqa_builder.evaluation.metrics.measures import share
from askqa_builder.evaluation.metrics.outcomes import Held, Outcomes
from askqa_builder.evaluation.metrics.resampling import StoryBootstrap
from askqa_builder.evaluation.metrics.squad_scores import score_squad
from askqa_builder.evaluation.metrics.trajectory_scores import final_case

TEXT_MEASURES = (
    share("squad_f1", "f1", "questions", proportion=False),
    share("squad_exact", "exact", "questions", proportion=True),
    share("squad_f1_answerable", "f1_answerable", "answerable", proportion=False),
    share("squad_exact_answerable", "exact_answerable", "answerable", proportion=True),
    share("squad_unanswerable", "exact_unanswerable", "unanswerable", proportion=True),
)
TIME_MEASURES = (
    share("aos", "aos", "timed", proportion=False),
    share("ff1", "ff1", "timed", proportion=False),
    share("located", "located", "timed", proportion=True),
)

_COUNTS = ("questions", "answerable", "unanswerable", "timed", "located")
_COLUMNS = (*_COUNTS, "f1", "exact", "f1_answerable", "exact_answerable", "exact_unanswerable", "aos", "ff1")


@dataclass(frozen=True)
class SquadResults:
    """Figures by name of the measure.

    counts: questions by what there is to score; located: those with a time whose answer is a quotation.
    """

    counts: Mapping[str, int]
    figures: Mapping[str, Figure]

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        return {
            "counts": dict(self.counts),
            "figures": {name: figure.to_json() for name, figure in self.figures.items()},
        }


def is_squad(items: Iterable[Item]) -> bool:
    """Tell whether there is an item without a gold action."""
    return any(item.gold is None for item in items)


def shown(counts: Mapping[str, int]) -> list[str]:
    """Return the names of the measures to show: apart by whether there is an answer only where some have none."""
    apart = () if counts["unanswerable"] else ("squad_f1_answerable", "squad_exact_answerable")
    return [measure.name for measure in (*TEXT_MEASURES, *TIME_MEASURES) if measure.name not in apart]


def answer_overlaps(outcomes: Outcomes, rows: Iterable[tuple[Item, Mapping[str, Any]]]) -> dict[str, Overlap]:
    """Return by row id how the times of answers overlap with the right ones, where both are known.

    rows: of items, without their audio; one after the other, so that their words are never all in memory.
    """
    held = {one.item.row_id: one for one in outcomes.held if one.item.gold is None}
    found = {}
    for item, row in rows if held else ():
        one, narration = held.get(item.row_id), Narration.of(row)
        case = None if one is None else final_case(one)
        if case is not None and narration is not None:
            overlapping = overlap(narration, case.text, case.references)
            found.update({} if overlapping is None else {item.row_id: overlapping})
    return found


def with_squad(table: ItemTable, units: Sequence[Unit], overlaps: Mapping[str, Overlap] | None = None) -> ItemTable:
    """Add the columns of the measures here. units: of the table. overlaps: by row id.

    Items with a gold action add nothing; those without have one trajectory.
    """
    rows = [_row(group[0].of, (overlaps or {}).get(item.row_id)) for item, group in units]
    columns = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in _COLUMNS}
    return ItemTable(table.items, {**table.columns, **columns})


def squad_results(table: ItemTable, bootstrap: StoryBootstrap) -> SquadResults | None:
    """Score the items without a gold action; None where there are none. table: of `with_squad`."""
    if not is_squad(table.items):
        return None
    counts = {name: int(table.columns[name].sum()) for name in _COUNTS}
    return SquadResults(counts, figures(table, (*TEXT_MEASURES, *TIME_MEASURES), bootstrap))


def _row(held: Held, overlapping: Overlap | None) -> dict[str, float]:
    """Return what an item adds to the sums."""
    row = dict.fromkeys(_COLUMNS, 0.0)
    case = final_case(held) if held.item.gold is None else None
    if case is None:
        return row
    score = score_squad(case.text, case.references)
    kind = "answerable" if score.answerable else "unanswerable"
    row |= {"questions": 1.0, "f1": score.f1, "exact": float(score.exact)}
    row |= {kind: 1.0, f"exact_{kind}": float(score.exact)}
    if score.answerable:
        row["f1_answerable"] = score.f1
    if overlapping is not None:
        located = float(overlapping.located)
        row |= {"timed": 1.0, "aos": overlapping.aos, "ff1": overlapping.ff1, "located": located}
    return row
