"""Scores of actions from their counts, many counts at once: what `ActionScores` tells and the bootstrap draws.

Counts are [..., 4]: asked, asked needlessly, answered rashly, answered, as in `ActionScores`; sums of weights do as
well. A score of nothing is NaN.
"""

from __future__ import annotations

import numpy as np

from askqa_builder.evaluation.metrics.numbers import Numbers, share_of


def examples(counts: Numbers) -> Numbers:
    """All examples."""
    return np.asarray(counts.sum(axis=-1))


def accuracy(counts: Numbers) -> Numbers:
    """Share of right actions."""
    return share_of(counts[..., 0] + counts[..., 3], examples(counts))


def balanced_accuracy(counts: Numbers) -> Numbers:
    """Mean of the recalls of the classes that occur."""
    clarify, answer = gold(counts)
    recalls = share_of(counts[..., 0], clarify), share_of(counts[..., 3], answer)
    both = (recalls[0] + recalls[1]) / 2
    return np.where(clarify == 0, recalls[1], np.where(answer == 0, recalls[0], both))


def clarify_f1(counts: Numbers) -> Numbers:
    """F1 of clarify: the binary F1."""
    return _f1(counts[..., 0], counts)


def answer_f1(counts: Numbers) -> Numbers:
    """F1 of answer."""
    return _f1(counts[..., 3], counts)


def macro_f1(counts: Numbers) -> Numbers:
    """Mean of both F1s."""
    return (clarify_f1(counts) + answer_f1(counts)) / 2


def weighted_f1(counts: Numbers) -> Numbers:
    """Mean of both F1s, weighted by how often each is gold."""
    clarify, answer = gold(counts)
    return share_of(clarify_f1(counts) * clarify + answer_f1(counts) * answer, examples(counts))


def needless_questions(counts: Numbers) -> Numbers:
    """Share of the requests with one reading that are asked about."""
    return share_of(counts[..., 1], gold(counts)[1])


def clarify_recall(counts: Numbers) -> Numbers:
    """Share of the requests with several readings that are asked about."""
    return share_of(counts[..., 0], gold(counts)[0])


def gold(counts: Numbers) -> tuple[Numbers, Numbers]:
    """Return how many should be asked about, and how many answered."""
    return counts[..., 0] + counts[..., 2], counts[..., 3] + counts[..., 1]


def _f1(right: Numbers, counts: Numbers) -> Numbers:
    """F1 of a class; a class that neither occurs nor is predicted has 0, as in scikit-learn."""
    wrong = counts[..., 1] + counts[..., 2]
    scores = np.where(right == 0, 0.0, share_of(2 * right, 2 * right + wrong))
    return np.where(examples(counts) == 0, np.nan, scores)
