"""Whether a judge's ratings go with what can be scored without one.

The paper (arXiv 2508.07273) validates its judge by its correlation with classification metrics. Here: Spearman's,
example by example with whether the label is right (or with a text score), and over groups of examples with the groups'
accuracy and F1. Groups are, within a run, the examples of one kind with one gold label (accuracy is that label's recall
then, F1 that label's), and of several runs each run's kinds (accuracy and macro F1). Intervals are of other stories:
these are drawn again, and each group's figures made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from askqa_builder.evaluation.judge.agreement import Correlation, correlation, percentiles, spearman
from askqa_builder.evaluation.metrics.numbers import Numbers, known, share_of
from askqa_builder.evaluation.metrics.resampling import RESAMPLES, StoryBootstrap
from askqa_builder.evaluation.task_sets.measures import class_columns, f1_of, macro_f1
from askqa_builder.evaluation.task_sets.scores import ExampleTable, ScoredExample, classes_of, example_table

FEWEST_EXAMPLES = 5
"""A group of fewer examples that have both a rating and a label is left out."""

FEWEST_GROUPS = 4
"""Of fewer groups there is no correlation."""

KIND_AND_LABEL, RUN_AND_KIND = "kind and label", "run and kind"


@dataclass(frozen=True)
class Group:
    """Examples that are told together. judge, accuracy, f1: 0 to 1; the mean rating, and what is right of it."""

    name: str
    examples: int
    judge: float
    accuracy: float
    f1: float


@dataclass(frozen=True)
class Validity:
    """How far ratings go with scores.

    examples: by score (`right` of examples with a label, text scores of others), example by example. by: what groups
    are. accuracy, f1: over groups; their `answers` are groups.
    """

    examples: Mapping[str, Correlation]
    by: str
    groups: Sequence[Group]
    accuracy: Correlation
    f1: Correlation

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        over = {name: _of_groups(one) for name, one in (("accuracy", self.accuracy), ("f1", self.f1))}
        return {
            "examples": {name: one.to_json() for name, one in self.examples.items()},
            "groups": {"by": self.by, **over, "groups": [asdict(group) for group in self.groups]},
        }


def validity(
    runs: Mapping[str, Sequence[ScoredExample]], names: Sequence[str], seed: int, resamples: int = RESAMPLES
) -> Validity:
    """Compare ratings with scores. runs: by name; of one, groups are by kind and label. names: of text scores."""
    rated = {name: [one for one in examples if one.judgement is not None] for name, examples in runs.items()}
    together = [one for examples in rated.values() for one in examples]
    labelled = {name: [one for one in examples if one.item.label is not None] for name, examples in rated.items()}
    stories = sorted({one.item.story_id for examples in labelled.values() for one in examples})
    tables = {name: example_table(examples, (), classes_of(examples)) for name, examples in labelled.items()}
    sums = list(_by_label(*tables.values()) if len(tables) == 1 else _by_kind(tables, stories))
    accuracy, f1 = _over_groups(sums, len(stories), seed, resamples)
    return Validity(
        examples={
            "right": _correlated(together, lambda one: None if one.right is None else float(one.right), seed),
            **{name: _correlated(together, _text_score(name), seed) for name in names},
        },
        by=KIND_AND_LABEL if len(tables) == 1 else RUN_AND_KIND,
        groups=[one.group for one in sums],
        accuracy=accuracy,
        f1=f1,
    )


@dataclass(frozen=True)
class _Sums:
    """A group with what it is made of, [stories, columns]; measures: judge, accuracy and F1 of such sums."""

    name: str
    by_story: Numbers
    measures: Callable[[Numbers], Numbers]

    @property
    def group(self) -> Group:
        """The group as it is, no story drawn again. The second column counts its examples."""
        sums = self.by_story.sum(axis=0)
        judge, accuracy, f1 = map(float, self.measures(sums))
        return Group(self.name, int(sums[1]), judge, accuracy, f1)


def _by_label(table: ExampleTable) -> Iterator[_Sums]:
    gold = np.array([f"{one.item.of_kind}: {one.item.label}" for one in table.examples], dtype=object)
    for kind, labels in table.classes.items():
        for label in labels:
            mask = gold == f"{kind}: {label}"
            if mask.sum() >= FEWEST_EXAMPLES:
                own = table.by_story(["rating", "judged"], mask)
                sums = np.hstack([own, table.by_story(class_columns(kind, label))])
                yield _Sums(f"{kind}: {label}", sums, _of_label)


def _by_kind(tables: Mapping[str, ExampleTable], stories: Sequence[str]) -> Iterator[_Sums]:
    for name, table in tables.items():
        places = [stories.index(story) for story in sorted(set(table.story_ids))]
        kinds = np.array([one.item.of_kind for one in table.examples], dtype=object)
        for kind, labels in table.classes.items():
            mask = kinds == kind
            if mask.sum() >= FEWEST_EXAMPLES:
                measure = macro_f1({kind: labels})
                sums = np.zeros((len(stories), 3 + len(measure.columns)))
                sums[places] = table.by_story(["rating", "judged", "right", *measure.columns], mask)

                def of_kind(sums: Numbers, value: Callable[[Numbers], Numbers] = measure.value) -> Numbers:
                    judge, right = (share_of(sums[..., column], sums[..., 1]) for column in (0, 2))
                    return np.stack([judge, right, value(sums[..., 3:])], axis=-1)

                yield _Sums(f"{name}, {kind}", sums, of_kind)


def _of_label(sums: Numbers) -> Numbers:
    judge = share_of(sums[..., 0], sums[..., 1])
    recall = share_of(sums[..., 2], sums[..., 2] + sums[..., 4])
    return np.stack([judge, recall, f1_of(sums[..., 2:])[..., 0]], axis=-1)


def _over_groups(groups: Sequence[_Sums], stories: int, seed: int, resamples: int) -> tuple[Correlation, Correlation]:
    """Correlate the groups' mean ratings with their accuracy, and with their F1."""
    if len(groups) < FEWEST_GROUPS:
        none = Correlation(len(groups), stories, None, None, None)
        return none, none
    bootstrap = StoryBootstrap(stories, seed, resamples)
    found = np.stack([one.measures(one.by_story.sum(axis=0)) for one in groups])
    drawn = np.stack([one.measures(bootstrap.sums(one.by_story)) for one in groups], axis=1)
    return _correlations(found, drawn, stories, 1), _correlations(found, drawn, stories, 2)


def _correlations(found: Numbers, drawn: Numbers, stories: int, column: int) -> Correlation:
    """found: [groups, 3]; drawn: [resamples, groups, 3]. A draw counts where enough groups are left in it."""
    value = spearman(found[:, 0], found[:, column])
    if value is None or stories < 2:
        return Correlation(len(found), stories, value, None, None)
    draws = []
    for one in drawn:
        there = ~np.isnan(one[:, [0, column]]).any(axis=1)
        draws.append(spearman(one[there, 0], one[there, column]) if there.sum() >= FEWEST_GROUPS else None)
    low, high = percentiles(draws)
    return Correlation(len(found), stories, value, low, high)


def _correlated(
    examples: Sequence[ScoredExample], score: Callable[[ScoredExample], float | None], seed: int
) -> Correlation:
    pairs = [(one, found) for one in examples if (found := score(one)) is not None]
    ratings = [float(one.judgement.rating) for one, _ in pairs if one.judgement is not None]
    return correlation(ratings, [found for _, found in pairs], [one.item.story_id for one, _ in pairs], seed)


def _text_score(name: str) -> Callable[[ScoredExample], float | None]:
    return lambda one: None if one.texts is None else known(one.texts[name])


def _of_groups(one: Correlation) -> dict[str, Any]:
    return {"spearman": one.spearman, "low": one.low, "high": one.high, "groups": one.answers, "stories": one.stories}
