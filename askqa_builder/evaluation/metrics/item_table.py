"""A run as sums to be: what each item adds to each measure.

An item counts once, however many trajectories it has: theirs are weighted with the weights of their intents. Where
some of an item's trajectories failed or have no score, the weights of the others are made to sum to 1 again; an item
of which none is left adds nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.numbers import Numbers, weighted_mean
from askqa_builder.evaluation.metrics.story_table import StoryTable
from askqa_builder.evaluation.metrics.text_scores import TextScores
from askqa_builder.evaluation.metrics.trajectory_scores import TrajectoryScores

Unit = tuple[Item, Sequence[TrajectoryScores]]
"""An item with the scores of its trajectories, at least one."""

SEPARATIONS = ("separates", "open", "none")
"""What becomes of the readings when a clarifying question is answered: told apart; not; nothing says."""

ACTIONS = ("asked", "asked_needlessly", "answered_rashly", "answered")
LEVELS = ("turn", "trajectory", "post_clarification")


@dataclass(frozen=True, eq=False)
class ItemTable(StoryTable):
    """items: [n]. columns: by name, [n] each."""

    items: tuple[Item, ...]
    columns: Mapping[str, Numbers]

    @property
    def story_ids(self) -> Sequence[str]:
        """See `StoryTable`."""
        return [item.story_id for item in self.items]


def units(scores: Iterable[TrajectoryScores]) -> list[Unit]:
    """Group scores, which are in the order of rows, by item."""
    groups = (list(group) for _, group in groupby(scores, key=lambda one: one.of.item.row_id))
    return [(group[0].of.item, group) for group in groups]


def item_table(units: Sequence[Unit], names: Sequence[str], separation: Mapping[str, str] | None = None) -> ItemTable:
    """Make the table. names: of text scores. separation: by row id, what the model's first question does.

    Raises ValueError for a separation that is none.
    """
    if separation and (unknown := sorted(set(separation.values()) - set(SEPARATIONS))):
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(SEPARATIONS)}")
    rows: list[dict[str, float]] = [_row(item, group, names, separation or {}) for item, group in units]
    _add_pairs(units, rows)
    columns = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in _columns(names)}
    return ItemTable(tuple(item for item, _ in units), columns)


def _columns(names: Sequence[str]) -> list[str]:
    scores = [f"{level}_{name}" for level in LEVELS for name in (*names, "weight")]
    return [*ACTIONS, "pairs_right", "pairs", "separating", "judged_questions", *scores]


def _row(
    item: Item, group: Sequence[TrajectoryScores], names: Sequence[str], separation: Mapping[str, str]
) -> dict[str, float]:
    asked, _ = weighted_mean((one.of.intent.weight, float(one.of.asked)) for one in group)
    row = dict.fromkeys(ACTIONS, 0.0)
    if item.gold is Action.CLARIFY:
        row |= {"asked": asked, "answered_rashly": 1.0 - asked}
    elif item.gold is Action.ANSWER:
        row |= {"asked_needlessly": asked, "answered": 1.0 - asked}
    judged = item.gold is Action.CLARIFY and asked > 0 and item.row_id in separation
    row["judged_questions"] = float(judged)
    row["separating"] = float(judged and separation[item.row_id] == "separates")
    row |= _level("turn", names, [(one.of.intent.weight, one.turn) for one in group])
    row |= _level("trajectory", names, [(one.of.intent.weight, one.final) for one in group])
    whole = math.fsum(one.of.intent.weight for one in group if one.final is not None)
    of_asked = [(one.of.intent.weight, one.final) for one in group if one.of.asked]
    return row | _level("post_clarification", names, of_asked, whole)


def _level(
    level: str, names: Sequence[str], scores: Sequence[tuple[float, TextScores | None]], whole: float | None = None
) -> dict[str, float]:
    """Return what an item adds to the sums of a level. whole: of the weights, where they are not all here."""
    there = [(weight, found) for weight, found in scores if found is not None]
    means = {name: weighted_mean((weight, found[name]) for weight, found in there) for name in names}
    total = math.fsum(weight for weight, _ in there)
    share = total / whole if whole else float(total > 0)
    row = {f"{level}_{name}": mean * share for name, (mean, _) in means.items()}
    return row | {f"{level}_weight": share}


def _add_pairs(units: Sequence[Unit], rows: Sequence[dict[str, float]]) -> None:
    """Write each contrast pair into the row of its first item; one that is not all there is none."""
    pairs: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, (item, _) in enumerate(units):
        rows[place] |= {"pairs": 0.0, "pairs_right": 0.0}
        if item.contrast_id is not None:
            pairs[item.contrast_id, item.rendition].append(place)
    for places in pairs.values():
        if {units[place][0].gold for place in places} >= {Action.CLARIFY, Action.ANSWER}:
            right = math.prod(rows[place]["asked"] + rows[place]["answered"] for place in places)
            rows[places[0]] |= {"pairs": 1.0, "pairs_right": right}
