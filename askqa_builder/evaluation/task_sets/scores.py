"""Each response of a run with what it is worth, and the sums that figures are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.metrics.embedding import Embedding
from askqa_builder.evaluation.metrics.numbers import Numbers
from askqa_builder.evaluation.metrics.story_table import StoryTable
from askqa_builder.evaluation.metrics.text_scores import Case, TextScores, score_texts
from askqa_builder.evaluation.task_sets.asking import TaskResponse
from askqa_builder.evaluation.task_sets.item import TaskItem
from askqa_builder.evaluation.task_sets.labels import LabelParser
from askqa_builder.evaluation.task_sets.measures import Classes, class_columns


@dataclass(frozen=True)
class ScoredExample:
    """A response to an example.

    said: the label that it means, None where it means none or the example has none. texts: scores against the
    references, of an example without a label; None of others. judgement: None where nobody judged, or without fitting
    words.
    """

    item: TaskItem
    response: TaskResponse
    said: str | None
    texts: TextScores | None
    judgement: Judgement | None = None

    @property
    def right(self) -> bool | None:
        """Whether the label is right; None where there is none to be."""
        return None if self.item.label is None else self.said == self.item.label

    def to_json(self) -> dict[str, Any]:
        """Return it as a line of a file."""
        item, judged = self.item, self.judgement
        return {
            "id": item.id,
            "task": item.task,
            "kind": item.kind,
            "story_id": item.story_id,
            "metadata_readable": item.metadata_readable,
            "label": item.label,
            "said": self.said,
            "right": self.right,
            "texts": self.texts,
            "rating": None if judged is None else judged.rating,
            "explanation": None if judged is None else judged.explanation,
        }


def scored_examples(
    items: Sequence[TaskItem],
    responses: Mapping[str, TaskResponse],
    parser: LabelParser,
    judgements: Mapping[str, Judgement | None],
    embedding: Embedding | None,
) -> list[ScoredExample]:
    """Score the responses that were given, in the order of their examples. responses: by id."""
    there = [(item, found) for item in items if (found := responses.get(item.id)) and found.ending == "answered"]
    cases = {
        item.id: Case(found.response or None, item.references)
        for item, found in there
        if item.label is None and any(reference.strip() for reference in item.references)
    }
    texts = dict(zip(cases, score_texts(list(cases.values()), embedding), strict=True))
    return [
        ScoredExample(
            item,
            found,
            None if item.label is None else parser.label(item, found.response),
            texts.get(item.id),
            judgements.get(item.id),
        )
        for item, found in there
    ]


@dataclass(frozen=True, eq=False)
class ExampleTable(StoryTable):
    """examples: [n]. columns: by name, [n] each. classes: labels that are gold or said, by kind."""

    examples: tuple[ScoredExample, ...]
    columns: Mapping[str, Numbers]
    classes: Classes

    @property
    def story_ids(self) -> Sequence[str]:
        """See `StoryTable`."""
        return [one.item.story_id for one in self.examples]


def classes_of(*runs: Sequence[ScoredExample]) -> Classes:
    """Return the labels that are gold or said in any of several runs, by kind, in order."""
    found: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        for one in run:
            if one.item.label is not None:
                found[one.item.of_kind] |= {one.item.label, *([] if one.said is None else [one.said])}
    return {kind: sorted(found[kind]) for kind in sorted(found)}


def example_table(examples: Sequence[ScoredExample], names: Sequence[str], classes: Classes) -> ExampleTable:
    """Make the table. names: of text scores."""
    plain = ["labelled", "right", "unparsable", "free", *names, "judged", "rating"]
    columns = [column for kind, labels in classes.items() for label in labels for column in class_columns(kind, label)]
    found = {name: np.zeros(len(examples)) for name in (*plain, *columns)}
    for place, one in enumerate(examples):
        for name, value in _row(one, names).items():
            found[name][place] = value
    return ExampleTable(tuple(examples), found, classes)


def _row(one: ScoredExample, names: Sequence[str]) -> dict[str, float]:
    """Return what an example adds to the sums; what is not there adds 0."""
    row: dict[str, float] = {}
    kind, label = one.item.of_kind, one.item.label
    if label is not None:
        row |= {"labelled": 1.0, "right": float(bool(one.right)), "unparsable": float(one.said is None)}
        hits, _, misses = class_columns(kind, label)
        row[hits if one.right else misses] = 1.0
        if one.said is not None and not one.right:
            row[class_columns(kind, one.said)[1]] = 1.0
    if one.texts is not None:
        row |= {"free": 1.0, **{name: one.texts[name] for name in names}}
    if one.judgement is not None:
        row |= {"judged": 1.0, "rating": one.judgement.score / 100}
    return row
