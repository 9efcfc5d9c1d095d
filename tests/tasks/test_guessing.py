"""The reader who hears nothing is scikit-learn's, and what is relabelled keeps what makes a story's examples alike."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from askqa_builder.tasks.guessing import FOLDS, RELABELLINGS, guessed

WORDS = [f"word{number}" for number in range(40)]


def texts_of(seed: int, count: int, labels: int) -> tuple[list[str], list[str], np.ndarray]:
    """Texts, stories and labels; some words go with some labels."""
    draws = np.random.default_rng(seed)
    numbers = draws.integers(0, labels, count)
    texts = []
    for number in numbers:
        chances = np.ones(len(WORDS))
        chances[number] = 4
        texts.append(" ".join(draws.choice(WORDS, 8, p=chances / chances.sum())))
    return texts, [f"s{place}" for place in draws.integers(0, 15, count)], numbers


@pytest.mark.parametrize("labels", [2, 3, 4])
def test_it_guesses_what_scikit_learns_ridge_classifier_does(labels: int) -> None:
    texts, stories, numbers = texts_of(labels, 150, labels)
    right = 0
    for learnt, asked in GroupKFold(FOLDS).split(texts, numbers, stories):
        reader = make_pipeline(CountVectorizer(ngram_range=(1, 2)), RidgeClassifier(solver="lsqr", tol=1e-10))
        reader.fit([texts[i] for i in learnt], numbers[learnt])
        right += int(np.sum(reader.predict([texts[i] for i in asked]) == numbers[asked]))
    assert guessed(texts, stories, numbers, labels)[0] == right
    assert right > 1.2 * 150 / labels


def test_there_is_a_count_for_each_relabelling_and_they_stray_about_chance() -> None:
    texts, stories, numbers = texts_of(1, 150, 3)
    shares = guessed(texts, stories, numbers, 3)[1:] / 150
    assert len(shares) == RELABELLINGS
    assert shares.mean() == pytest.approx(1 / 3, abs=0.02)
    assert shares.std() > (1 / 3 * 2 / 3 / 150) ** 0.5


def test_examples_of_one_story_stay_alike_when_they_are_relabelled() -> None:
    """Where a story has one text and one label, all of it is right or wrong, whatever the labels are called."""
    stories = [f"s{number // 10}" for number in range(100)]
    numbers = np.repeat(np.random.default_rng(0).integers(0, 2, 10), 10)
    texts = [f"{WORDS[number // 10]} {WORDS[number // 20]}" for number in range(100)]
    assert set(guessed(texts, stories, numbers, 2) % 10) == {0}
