"""A reader who hears nothing: a bag of words that learns labels from four fifths of the stories, and guesses the rest.

It is a ridge classifier on counts of words and of pairs of words. How far its share of right guesses strays where there
is nothing to guess is found by relabelling: in every story the labels change names, drawn anew, all examples of a story
alike, and the reader learns and guesses as often again. That keeps what makes examples of one story alike. It also
keeps what makes folds alike: what is learnt from one is asked of another, and the other way round, so that they are
right or wrong together, of which the guesses of one run show nothing (Bengio and Grandvalet 2004, "No Unbiased
Estimator of the Variance of K-Fold Cross-Validation", Journal of Machine Learning Research 5). To change signs by
cluster, as if there were no effect, is the wild cluster bootstrap (Cameron, Gelbach and Miller 2008, "Bootstrap-Based
Improvements for Inference with Clustered Errors", Review of Economics and Statistics 90(3)); names are signs of which
there may be more than two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askqa_builder.seeds import derive_seed

FOLDS = 5
RELABELLINGS = 400
"""The standard deviation of so many is right to 4 % of it."""

MOST_AT_ONCE = 2500
"""Examples that a reader can be given: time grows with their cube, and memory with their square."""

_PENALTY = 1.0
_CHUNK = 50

_DECIMALS = 9
"""Scores that differ by less are equal: which way they differ depends on the processor."""

Labels = NDArray[np.int64]


def guessed(texts: Sequence[str], stories: Sequence[str], labels: Labels, offered: int) -> NDArray[np.int64]:
    """Count the examples whose label is guessed, [1 + RELABELLINGS]: as they are, then in each relabelling.

    labels: numbers below `offered`. There are at most `MOST_AT_ONCE` examples, of `FOLDS` stories or more.
    """
    from sklearn.model_selection import GroupKFold

    named = np.concatenate([labels[None], _relabelled(stories, labels, offered)])
    alike = _alike(texts)
    right = np.zeros(len(named), np.int64)
    for learnt, asked in GroupKFold(FOLDS).split(labels, groups=np.asarray(stories)):
        reader = _Reader(alike, learnt, asked)
        for begin in range(0, len(named), _CHUNK):
            some = named[begin : begin + _CHUNK]
            right[begin : begin + _CHUNK] += np.sum(reader.guesses(some[:, learnt], offered) == some[:, asked], axis=1)
    return right


def _relabelled(stories: Sequence[str], labels: Labels, offered: int) -> Labels:
    """Return the labels by the names that they have in each relabelling, [RELABELLINGS, examples].

    A story's names depend on it alone, so that all its questions are relabelled together, whatever they offer.
    """
    names = {story: _names(story, offered) for story in set(stories)}
    return np.stack([names[story][label] for story, label in zip(stories, labels, strict=True)], axis=1)


def _names(story: str, offered: int) -> Labels:
    """Return an order of all labels for each relabelling, [offered, RELABELLINGS]."""
    generator = np.random.default_rng(derive_seed("leakage", "relabelled", story))
    return np.argsort(generator.random((offered, RELABELLINGS)), axis=0)


def _alike(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return how many words and pairs of words each two texts share, [texts, texts]."""
    from sklearn.feature_extraction.text import CountVectorizer

    counts: Any = CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", dtype=np.float32)
    counts = counts.fit_transform(texts)
    shared = np.empty((len(texts), len(texts)), np.float32)  # whole numbers, so exact
    for begin in range(0, len(texts), 500):
        shared[begin : begin + 500] = (counts[begin : begin + 500] @ counts.T).toarray()
    return shared


class _Reader:
    """Ridge regression of each label, 1 where it is the example's and -1 elsewhere, with an intercept.

    It is solved for the examples instead of the words, which are more (Saunders, Gammerman and Vovk 1998, "Ridge
    Regression Learning Algorithm in Dual Variables"), so many relabellings cost little more than one.
    """

    def __init__(self, alike: NDArray[np.float32], learnt: NDArray[Any], asked: NDArray[Any]) -> None:
        from scipy.linalg import solve

        own = alike[np.ix_(learnt, learnt)].astype(np.float64)
        others = alike[np.ix_(learnt, asked)].astype(np.float64)
        means, mean = own.mean(axis=0)[:, None], own.mean()
        others += mean - means - others.mean(axis=0)
        own += mean - means - means.T
        own[np.diag_indices_from(own)] += _PENALTY
        self._weights = solve(own, others, assume_a="pos", overwrite_a=True, overwrite_b=True).T

    def guesses(self, learnt: Labels, offered: int) -> Labels:
        """Return the labels of those that are asked about, [relabellings, examples], by those learnt from, likewise."""
        targets = 2.0 * (learnt.T[:, :, None] == np.arange(offered)) - 1.0
        flat = targets.reshape(len(targets), -1)
        middle = flat.mean(axis=0)
        scores = (middle + self._weights @ (flat - middle)).round(_DECIMALS)
        return np.asarray(np.argmax(scores.reshape(-1, *targets.shape[1:]), axis=2).T)
