"""The measures of answers to a set's examples, as functions of sums over examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from askqa_builder.evaluation.metrics.measures import Measure, share
from askqa_builder.evaluation.metrics.numbers import Numbers, share_of

ACCURACY = share("accuracy", "right", "labelled", proportion=True)
UNPARSABLE = share("unparsable", "unparsable", "labelled", proportion=True)
JUDGE = share("judge", "rating", "judged", proportion=False)

Classes = Mapping[str, Sequence[str]]
"""The labels of each kind that has any."""

PARTS = ("hits", "false_alarms", "misses")
"""Of each class."""


def class_columns(kind: str, label: str) -> list[str]:
    """Return the columns of a class: those that are right, wrongly said, and gold but not said."""
    return [f"{part} of {kind}: {label}" for part in PARTS]


def macro_f1(classes: Classes) -> Measure:
    """Return the macro F1: of a kind the mean over its labels, as scikit-learn has it; of several the mean over kinds.

    Of labels that are neither gold nor said there is no F1. A response that means no label is a miss of the gold one.
    """
    columns = tuple(
        column for kind, labels in classes.items() for label in labels for column in class_columns(kind, label)
    )
    edges = np.cumsum([0, *(len(PARTS) * len(labels) for labels in classes.values())])

    def value(sums: Numbers) -> Numbers:
        kinds = [_mean(f1_of(sums[..., begin:end])) for begin, end in pairwise(edges)]
        return _mean(np.stack(kinds, axis=-1))

    def count(sums: Numbers) -> Numbers:
        parts = sums.reshape(*sums.shape[:-1], -1, len(PARTS))
        return np.asarray(parts[..., 0].sum(axis=-1) + parts[..., 2].sum(axis=-1))

    return Measure("macro_f1", columns, value, count)


def f1_of(sums: Numbers) -> Numbers:
    """Return the F1 of each class, [..., classes]; NaN of one that is neither gold nor said. sums: [..., columns]."""
    parts = sums.reshape(*sums.shape[:-1], -1, len(PARTS))
    return share_of(2 * parts[..., 0], 2 * parts[..., 0] + parts[..., 1] + parts[..., 2])


def text_measures(names: Sequence[str]) -> list[Measure]:
    """Return the means of text scores over examples without a label."""
    return [share(name, name, "free", proportion=name in ("exact", "containment")) for name in names]


def measures(classes: Classes, names: Sequence[str]) -> list[Measure]:
    """Return all that a set's examples are scored by. names: of text scores."""
    return [ACCURACY, *([macro_f1(classes)] if classes else []), UNPARSABLE, *text_measures(names), JUDGE]


def _mean(values: Numbers) -> Numbers:
    """Return the mean over the last axis of what is there; NaN of nothing."""
    there = ~np.isnan(values)
    return share_of(np.where(there, values, 0.0).sum(axis=-1), there.sum(axis=-1).astype(np.float64))
