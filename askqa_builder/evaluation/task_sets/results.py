"""The results of a run over a set of examples: from responses to `results.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.metrics.embedding import Embedding
from askqa_builder.evaluation.metrics.figures import Figure, figures
from askqa_builder.evaluation.metrics.resampling import RESAMPLES, StoryBootstrap
from askqa_builder.evaluation.metrics.story_table import Mask
from askqa_builder.evaluation.metrics.text_scores import score_names
from askqa_builder.evaluation.metrics.usage import Prices, Usage, usage_of_responses
from askqa_builder.evaluation.task_sets.asking import TaskResponse
from askqa_builder.evaluation.task_sets.item import TaskItem
from askqa_builder.evaluation.task_sets.labels import LabelParser
from askqa_builder.evaluation.task_sets.measures import measures
from askqa_builder.evaluation.task_sets.planted import Planted
from askqa_builder.evaluation.task_sets.scores import (
    ExampleTable,
    ScoredExample,
    classes_of,
    example_table,
    scored_examples,
)
from askqa_builder.evaluation.task_sets.validity import Validity, validity

WHOLE = "all"
"""The name of all examples together."""

READABLE, NOT_READABLE, NOT_TOLD = "readable", "not readable", "not told"
"""Whether labels of how things are said tell the answer."""


@dataclass(frozen=True)
class TaskRunIdentity:
    """What was run. digest: of the set's files. metadata: whether labels of how it is said stood in the prompts."""

    task_set: str
    digest: str
    split: str
    model: str
    metadata: bool
    judge: str | None
    seed: int


@dataclass(frozen=True)
class Cell:
    """Some of the examples. counts: those with a label, and those whose response means none."""

    examples: int
    stories: int
    labelled: int
    unparsable: int
    figures: Mapping[str, Figure]

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        return {**vars(self), "figures": {name: one.to_json() for name, one in self.figures.items()}}


@dataclass(frozen=True)
class Judged:
    """What there is of a judge. reasons: why it has no judgement of responses, with how often."""

    answers: int
    reasons: Mapping[str, int]
    validity: Validity
    planted: Planted | None

    @property
    def not_judged(self) -> int:
        """Responses and planted answers without a judgement."""
        return sum(self.reasons.values()) + (self.planted.not_judged if self.planted else 0)

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        return {
            "answers": self.answers,
            "not_judged": self.not_judged,
            "reasons": dict(sorted(self.reasons.items())),
            "validity": self.validity.to_json(),
            "planted": None if self.planted is None else self.planted.to_json(),
        }


@dataclass(frozen=True)
class TaskResults:
    """All figures of a run.

    whole: over all kinds. kinds: by task and kind. readable: by whether labels of how things are said tell the answer;
    empty where that is not known of any example. scores: the names of the text scores.
    """

    run: TaskRunIdentity
    counts: Mapping[str, int]
    whole: Cell
    kinds: Mapping[str, Cell]
    readable: Mapping[str, Cell]
    usage: Usage
    judge: Judged | None
    scores: tuple[str, ...]
    embedding: str | None

    def to_json(self) -> dict[str, Any]:
        """Return what `results.json` holds: the same for the same run; no NaN."""
        return {
            "run": asdict(self.run),
            "counts": dict(self.counts),
            "all": self.whole.to_json(),
            "kinds": {name: cell.to_json() for name, cell in self.kinds.items()},
            "metadata_readable": {name: cell.to_json() for name, cell in self.readable.items()},
            "usage": self.usage.to_json(),
            "judge": None if self.judge is None else self.judge.to_json(),
            "embedding": self.embedding,
        }


@dataclass(frozen=True)
class Rated:
    """What a judge has said. judgements: by example; planted: None where that was not wanted."""

    judgements: Mapping[str, Judgement | None]
    reasons: Mapping[str, int]
    planted: Planted | None


def score_tasks(
    items: Sequence[TaskItem],
    responses: Sequence[TaskResponse],
    run: TaskRunIdentity,
    parser: LabelParser,
    *,
    rated: Rated | None = None,
    embedding: Embedding | None = None,
    prices: Prices | None = None,
    resamples: int = RESAMPLES,
) -> tuple[TaskResults, list[ScoredExample]]:
    """Score a run. rated: None where nobody judged."""
    by_id = {one.id: one for one in responses}
    examples = scored_examples(items, by_id, parser, {} if rated is None else rated.judgements, embedding)
    names = score_names(embedding)
    table = example_table(examples, names, classes_of(examples))
    bootstrap = StoryBootstrap(table.stories, run.seed, resamples)
    judged = None if rated is None else _judged(examples, rated, names, run.seed)
    return TaskResults(
        run=run,
        counts=_counts(items, responses, examples),
        whole=_cell(table, names, bootstrap, None),
        kinds=_cells(table, names, bootstrap, [one.item.of_kind for one in examples]),
        readable=_readable(table, names, bootstrap),
        usage=usage_of_responses([one.response for one in examples], prices),
        judge=judged,
        scores=names,
        embedding=None if embedding is None else embedding.name,
    ), examples


def _judged(examples: Sequence[ScoredExample], rated: Rated, names: Sequence[str], seed: int) -> Judged:
    there = sum(one.judgement is not None for one in examples)
    return Judged(there, rated.reasons, validity({"": examples}, names, seed), rated.planted)


def _readable(table: ExampleTable, names: Sequence[str], bootstrap: StoryBootstrap) -> dict[str, Cell]:
    told = {None: NOT_TOLD, True: READABLE, False: NOT_READABLE}
    labels = [told[one.item.metadata_readable] for one in table.examples]
    return {} if set(labels) <= {NOT_TOLD} else _cells(table, names, bootstrap, labels)


def _cells(
    table: ExampleTable, names: Sequence[str], bootstrap: StoryBootstrap, labels: Sequence[str]
) -> dict[str, Cell]:
    there = np.array(labels, dtype=object)
    return {label: _cell(table, names, bootstrap, there == label) for label in sorted(set(labels))}


def _cell(table: ExampleTable, names: Sequence[str], bootstrap: StoryBootstrap, mask: Mask | None) -> Cell:
    chosen = [one for one, there in zip(table.examples, mask, strict=True) if there] if mask is not None else None
    examples = table.examples if chosen is None else chosen
    found = figures(table, measures(classes_of(examples), names), bootstrap, mask)
    return Cell(
        examples=len(examples),
        stories=len({one.item.story_id for one in examples}),
        labelled=sum(one.item.label is not None for one in examples),
        unparsable=sum(one.item.label is not None and one.said is None for one in examples),
        figures={name: figure for name, figure in found.items() if figure.value is not None},
    )


def _counts(
    items: Sequence[TaskItem], responses: Sequence[TaskResponse], examples: Sequence[ScoredExample]
) -> dict[str, int]:
    endings = Counter(one.ending for one in responses)
    return {
        "examples": len(items),
        "scored": len(examples),
        "stories": len({one.item.story_id for one in examples}),
        "failed": endings["failed"],
        "not_applicable": endings["not_applicable"],
        "unfit": sum(one.response.unfit is not None for one in examples),
        "with_metadata": sum(one.item.metadata for one in examples),
        "metadata_readable": sum(bool(one.item.metadata_readable) for one in examples),
    }
