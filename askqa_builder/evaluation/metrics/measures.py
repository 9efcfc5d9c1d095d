"""The measures of a run, as functions of sums over items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from askqa_builder.evaluation.metrics import action_formulas as formulas
from askqa_builder.evaluation.metrics.item_table import ACTIONS, LEVELS
from askqa_builder.evaluation.metrics.numbers import Numbers, share_of


@dataclass(frozen=True)
class Measure:
    """A measure of a run.

    columns: whose sums it is made of. value, count: from sums [..., columns] to the measure and to how many items, in
    sums of weights, it is of. proportion: it is a share of items, each of which is one or the other.
    """

    name: str
    columns: tuple[str, ...]
    value: Callable[[Numbers], Numbers]
    count: Callable[[Numbers], Numbers]
    proportion: bool = False


def _of_actions(name: str, value: Callable[[Numbers], Numbers]) -> Measure:
    return Measure(name, ACTIONS, value, formulas.examples)


def _of_both_actions(name: str, value: Callable[[Numbers], Numbers]) -> Measure:
    """Make a measure that is of nothing where one action is never gold: with one class there is nothing to balance."""

    def defined(counts: Numbers) -> Numbers:
        clarify, answer = formulas.gold(counts)
        return np.where((clarify == 0) | (answer == 0), np.nan, value(counts))

    return _of_actions(name, defined)


def share(name: str, part: str, whole: str, *, proportion: bool) -> Measure:
    """Return the measure that divides the sum of one column by that of another. proportion: see `Measure`."""
    return Measure(
        name, (part, whole), lambda sums: share_of(sums[..., 0], sums[..., 1]), lambda sums: sums[..., 1], proportion
    )


ACCURACY = Measure("accuracy", ACTIONS, formulas.accuracy, formulas.examples, proportion=True)
BALANCED_ACCURACY = _of_both_actions("balanced_accuracy", formulas.balanced_accuracy)
MACRO_F1 = _of_both_actions("macro_f1", formulas.macro_f1)

ACTION_MEASURES = (
    BALANCED_ACCURACY,
    MACRO_F1,
    ACCURACY,
    _of_actions("weighted_f1", formulas.weighted_f1),
    _of_actions("clarify_f1", formulas.clarify_f1),
    Measure(
        "clarify_recall",
        ACTIONS,
        formulas.clarify_recall,
        lambda sums: np.asarray(sums[..., 0] + sums[..., 2]),
        proportion=True,
    ),
    Measure(
        "needless_questions",
        ACTIONS,
        formulas.needless_questions,
        lambda sums: np.asarray(sums[..., 1] + sums[..., 3]),
        proportion=True,
    ),
)
"""The first two are the headline."""

PAIR_ACCURACY = share("pair_accuracy", "pairs_right", "pairs", proportion=True)
SEPARATING = share("separating_questions", "separating", "judged_questions", proportion=True)


def text_measure(level: str, score: str) -> Measure:
    """Return the mean of a text score at a level; exact and containment are shares, but of weighted trajectories."""
    return share(f"{level}_{score}", f"{level}_{score}", f"{level}_weight", proportion=False)


def text_measures(names: Sequence[str]) -> list[Measure]:
    """Return the measures of all text scores at all levels."""
    return [text_measure(level, name) for level in LEVELS for name in names]
