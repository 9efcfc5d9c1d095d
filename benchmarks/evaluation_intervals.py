"""How often the intervals of `askqa evaluate` hold the truth, for models that are made up.

Run: ASKQA_ABG_COQA=FOLDER python benchmarks/evaluation_intervals.py

Each test draws as many stories as Abg-CoQA's test split has, with all their requests, and lets a model respond that is
better at some stories than at others. Intervals of 95 % should hold its true figures in that share of tests.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from askqa_builder.corpus.conversation import Action
from askqa_builder.corpus.selection import read_corpus
from askqa_builder.corpus.sources import find_sources
from askqa_builder.evaluation.metrics import action_formulas as formulas
from askqa_builder.evaluation.metrics.numbers import Numbers
from askqa_builder.evaluation.metrics.resampling import StoryBootstrap, spread

from common import table
from evaluation_baselines import items

TESTS = 400
EASE = {"clarify": 0.0, "answer": 2.0}
"""Log odds of the right action in a middling story."""

MEASURES: dict[str, Callable[[Numbers], Numbers]] = {
    "accuracy": formulas.accuracy,
    "balanced accuracy": formulas.balanced_accuracy,
    "macro F1": formulas.macro_f1,
}


def main() -> None:
    """Print one table."""
    folder = os.environ.get("ASKQA_ABG_COQA")
    if not folder:
        return print("This needs Abg-CoQA's test split: set ASKQA_ABG_COQA to its folder.")
    read = read_corpus(find_sources(Path(folder) / "coqa_abg_test.json", None))
    stories = _stories([(item.story_id, item.gold) for item in items([one for _, one in read.conversations])])
    print(
        f"{TESTS} tests each, {len(stories)} stories, {int(stories.sum())} requests. Story: standard deviation of how"
    )
    print("easy stories are, in log odds of the right action. Each request for itself: stories are not asked about.\n")
    header = ["story", *(f"{name}: by story" for name in MEASURES), *(f"{name}: each for itself" for name in MEASURES)]
    table(header, [[of_story, *_held(stories, of_story)] for of_story in (0.0, 1.0, 2.0)])
    return None


def _stories(labels: list[tuple[str, Action | None]]) -> Numbers:
    """Return how many requests of each label the stories have, [stories, (clarify, answer)]."""
    names = sorted({story for story, _ in labels})
    counts = np.zeros((len(names), 2))
    for story, gold in labels:
        counts[names.index(story), 0 if gold is Action.CLARIFY else 1] += 1
    return counts


def _held(stories: Numbers, of_story: float) -> list[str]:
    generator = np.random.default_rng(int(10 * of_story))
    truth = {name: float(measure(_truth(stories, of_story))) for name, measure in MEASURES.items()}
    held = {(kind, name): 0 for kind in ("story", "request") for name in MEASURES}
    for test in range(TESTS):
        asked = stories[generator.integers(len(stories), size=len(stories))].astype(int)
        right = generator.binomial(asked, _ease(generator.normal(0, of_story, len(asked))))
        wrong = asked - right
        counts = np.column_stack([right[:, 0], wrong[:, 1], wrong[:, 0], right[:, 1]]).astype(float)
        single = np.repeat(np.tile(np.eye(4), (len(counts), 1)), counts.astype(int).ravel(), axis=0)
        for kind, by in (("story", counts), ("request", single)):
            draws = StoryBootstrap(len(by), test, 500).sums(by)
            for name, measure in MEASURES.items():
                found = spread(measure(draws))
                held[kind, name] += found is not None and found.low <= truth[name] <= found.high
    return [f"{held[kind, name] / TESTS:.1%}" for kind in ("story", "request") for name in MEASURES]


def _ease(of_story: Numbers) -> Numbers:
    odds = np.exp(np.array(list(EASE.values())) + of_story[:, None])
    return np.asarray(odds / (1 + odds))


def _truth(stories: Numbers, of_story: float) -> Numbers:
    """Return the counts that a request has in the mean, over any number of stories."""
    ease = _ease(np.random.default_rng(0).normal(0, of_story, 1_000_000)).mean(axis=0)
    clarify, answer = stories.sum(axis=0) / stories.sum()
    return np.array([clarify * ease[0], answer * (1 - ease[1]), clarify * (1 - ease[0]), answer * ease[1]])


if __name__ == "__main__":
    main()
