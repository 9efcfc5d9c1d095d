"""Compare two runs: two models on one dataset, or one model on one dataset's conversations in two sets of voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from askqa_builder.corpus.conversation import Role
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.breakdown import FEWEST, SPEAKER_QUALITIES, masks
from askqa_builder.evaluation.metrics.differences import Difference, TwoRuns
from askqa_builder.evaluation.metrics.embedding import Embedding
from askqa_builder.evaluation.metrics.figures import counted
from askqa_builder.evaluation.metrics.item_table import ItemTable, item_table, units
from askqa_builder.evaluation.metrics.measures import (
    ACTION_MEASURES,
    BALANCED_ACCURACY,
    PAIR_ACCURACY,
    Measure,
    text_measure,
    text_measures,
)
from askqa_builder.evaluation.metrics.numbers import weighted_mean
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.pairing import Pairing, Pairs, pair, pairing_of
from askqa_builder.evaluation.metrics.resampling import FLIPS, RESAMPLES, StoryBootstrap, StoryFlips, holm
from askqa_builder.evaluation.metrics.squad_results import TEXT_MEASURES, is_squad, with_squad
from askqa_builder.evaluation.metrics.story_table import Mask
from askqa_builder.evaluation.metrics.text_scores import score_names
from askqa_builder.evaluation.metrics.trajectory_scores import score_trajectories

CELL_MEASURES = (BALANCED_ACCURACY, text_measure("trajectory", "f1"))
"""What is compared by what changed."""

_NOBODY = ""


@dataclass(frozen=True)
class ActionPairs:
    """Items by which run has the right action, in sums of weights; McNemar's table (1947)."""

    both_right: float
    only_first_right: float
    only_second_right: float
    neither_right: float

    def to_json(self) -> dict[str, Any]:
        """Return the counts."""
        return {name: counted(number) for name, number in asdict(self).items()}


@dataclass(frozen=True)
class ChangedCell:
    """Items of which a role's speaker differs in one way between the runs. label: the second run's.

    differences: their p values are corrected (Holm 1979) over all measures of all cells that are shown.
    """

    role: str
    quality: str
    label: str
    items: int
    stories: int
    differences: Mapping[str, Difference]

    def to_json(self) -> dict[str, Any]:
        """Return it as a comparison holds it."""
        return vars(self) | {"differences": _to_json(self.differences)}


@dataclass(frozen=True)
class Comparison:
    """Two runs compared item by item.

    differences: second − first, by measure; post-clarification is of the trajectories in which each run asked, which
    need not be the same. changes: by who speaks otherwise; empty where items are paired by rows.
    cells_not_shown: of fewer than `breakdown.FEWEST` items. scores: the names of the text scores.
    """

    pairing: Pairing
    counts: Mapping[str, int]
    differences: Mapping[str, Difference]
    actions: ActionPairs
    changes: Sequence[ChangedCell]
    cells_not_shown: int
    scores: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it for a file: the same for the same runs, whatever the order of their lines; no NaN."""
        return {
            "pairing": self.pairing,
            "counts": dict(self.counts),
            "differences": _to_json(self.differences),
            "actions": self.actions.to_json(),
            "changes": [cell.to_json() for cell in self.changes],
            "cells_not_shown": self.cells_not_shown,
        }


def compare(
    first: Outcomes,
    second: Outcomes,
    *,
    pairing: Pairing | None = None,
    embedding: Embedding | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
    flips: int = FLIPS,
) -> Comparison:
    """Compare two runs. pairing: see `Pairing`; None for what fits the recordings.

    Raises UsageError where the runs have no item in common.
    """
    chosen = pairing or pairing_of(first.items, second.items)
    scores = [units(score_trajectories(run, embedding)) for run in (first, second)]
    pairs = pair(scores[0], scores[1], chosen)
    if not pairs.first:
        raise UsageError(
            f"the runs have no scores of the same {chosen}; compare runs on one dataset, or on one and what "
            "askqa regenerate made of it"
        )
    names = score_names(embedding)
    one, other = (with_squad(item_table(run, names), run) for run in (pairs.first, pairs.second))
    stories = one.stories
    runs = TwoRuns(one, other, StoryBootstrap(stories, seed, resamples), StoryFlips(stories, seed, flips))
    changes, not_shown = ([], 0) if chosen == "rows" else _changes(runs, one.items, other.items)
    return Comparison(
        pairing=chosen,
        counts=_counts(pairs, stories),
        differences=runs.differences(_measures(one, names)),
        actions=_action_pairs(pairs),
        changes=changes,
        cells_not_shown=not_shown,
        scores=names,
    )


def _to_json(differences: Mapping[str, Difference]) -> dict[str, Any]:
    return {name: one.to_json() for name, one in differences.items()}


def _measures(table: ItemTable, names: Sequence[str]) -> list[Measure]:
    """Return what is compared; SQuAD's measures only where there is something that they are of."""
    squad = TEXT_MEASURES if is_squad(table.items) else ()
    return [*ACTION_MEASURES, PAIR_ACCURACY, *squad, *text_measures(names)]


def _counts(pairs: Pairs, stories: int) -> dict[str, int]:
    items = zip((item for item, _ in pairs.first), (item for item, _ in pairs.second), strict=True)
    return {
        "items": len(pairs.first),
        "stories": stories,
        "same_recording": sum(one.pcm_sha256 == other.pcm_sha256 for one, other in items),
        "only_first": pairs.only_first,
        "only_second": pairs.only_second,
        "unlike": pairs.unlike,
        "trajectories": pairs.trajectories,
        "trajectories_in_one_only": pairs.unpaired_trajectories,
    }


def _action_pairs(pairs: Pairs) -> ActionPairs:
    cells = [[0.0, 0.0], [0.0, 0.0]]
    for (item, first), (_, second) in zip(pairs.first, pairs.second, strict=True):
        if item.gold is None:
            continue
        both = [(one.of.intent.weight, one.right, other.right) for one, other in zip(first, second, strict=True)]
        for one in (True, False):
            for other in (True, False):
                share, _ = weighted_mean((weight, float(a is one and b is other)) for weight, a, b in both)
                cells[one][other] += share
    return ActionPairs(cells[True][True], cells[True][False], cells[False][True], cells[False][False])


def _changes(runs: TwoRuns, first: Sequence[Item], second: Sequence[Item]) -> tuple[list[ChangedCell], int]:
    """Return the cells, and how many are too small to be shown."""
    cells, not_shown = [], 0
    for role in Role:
        for quality in SPEAKER_QUALITIES:
            labels = [_label(one, other, role.value, quality) for one, other in zip(first, second, strict=True)]
            groups = masks(labels)
            groups.pop(_NOBODY, None)
            not_shown += sum(mask.sum() < FEWEST for mask in groups.values())
            cells += [
                _cell(runs, role.value, quality, label, mask) for label, mask in groups.items() if mask.sum() >= FEWEST
            ]
    return _corrected(cells), int(not_shown)


def _label(first: Item, second: Item, role: str, quality: str) -> str:
    """Return the second run's label where a speaker differs in this quality; rate and pitch: at all."""
    one, other = first.speakers.get(role), second.speakers.get(role)
    if one is None or other is None or getattr(one, quality) == getattr(other, quality):
        return _NOBODY
    return SPEAKER_QUALITIES[quality](other)


def _cell(runs: TwoRuns, role: str, quality: str, label: str, mask: Mask) -> ChangedCell:
    stories = len(np.unique(runs.first.story[mask]))
    return ChangedCell(role, quality, label, int(mask.sum()), stories, runs.differences(CELL_MEASURES, mask))


def _corrected(cells: Sequence[ChangedCell]) -> list[ChangedCell]:
    p_values = [one.p for cell in cells for one in cell.differences.values() if one.p is not None]
    corrected = iter(holm(p_values))
    return [
        replace(
            cell,
            differences={
                name: one if one.p is None else replace(one, corrected=next(corrected))
                for name, one in cell.differences.items()
            },
        )
        for cell in cells
    ]
