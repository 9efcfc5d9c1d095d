"""Two runs over sets of examples, example by example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.folder import (
    EXAMPLES_NAME,
    RESPONSES_NAME,
    RESULTS_NAME,
    SCORES_NAME,
    TASKS_KIND,
    read_json_lines,
    read_manifest,
)
from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.metrics.differences import Difference, TwoRuns
from askqa_builder.evaluation.metrics.measures import Measure
from askqa_builder.evaluation.metrics.resampling import FLIPS, RESAMPLES, StoryBootstrap, StoryFlips
from askqa_builder.evaluation.metrics.story_table import Mask
from askqa_builder.evaluation.task_sets.asking import TaskResponse
from askqa_builder.evaluation.task_sets.item import TaskItem
from askqa_builder.evaluation.task_sets.measures import UNPARSABLE, measures
from askqa_builder.evaluation.task_sets.results import NOT_READABLE, READABLE, WHOLE, TaskRunIdentity
from askqa_builder.evaluation.task_sets.scores import ScoredExample, classes_of, example_table


@dataclass(frozen=True)
class TaskRun:
    """A finished run, as its folder has it. examples: that have scores. names: of text scores."""

    identity: TaskRunIdentity
    examples: Sequence[ScoredExample]
    names: tuple[str, ...]


@dataclass(frozen=True)
class LabelPairs:
    """Examples with a label, by which run is right (McNemar 1947)."""

    both_right: int
    only_first_right: int
    only_second_right: int
    neither_right: int


@dataclass(frozen=True)
class TaskComparison:
    """Two runs compared. cells: all, each kind, and by whether labels of how it is said tell the answer.

    counts: pairs; examples with scores in one run only; those whose question, answers or label differ.
    """

    first: TaskRunIdentity
    second: TaskRunIdentity
    counts: Mapping[str, int]
    labels: LabelPairs
    cells: Mapping[str, Mapping[str, Difference]]

    def to_json(self) -> dict[str, Any]:
        """Return it for a file."""
        shown = {cell: {name: one.to_json() for name, one in found.items()} for cell, found in self.cells.items()}
        return {
            "first": asdict(self.first),
            "second": asdict(self.second),
            "counts": dict(self.counts),
            "labels": asdict(self.labels),
            "cells": shown,
        }

    def lines(self) -> list[str]:
        """Return it for a terminal."""
        from askqa_builder.evaluation.task_sets.comparison_text import comparison_lines

        return comparison_lines(self)

    def markdown(self) -> str:
        """Return a block for a paper."""
        from askqa_builder.evaluation.task_sets.comparison_text import comparison_block

        return comparison_block(self)


def compare_task_runs(first: str | Path, second: str | Path, *, seed: int = 0) -> TaskComparison:
    """Compare two finished runs: two models on one set, one with and without labels of how it is said, or one on two
    sets of the same questions in other voices.

    seed: of draws and flips. Raises UsageError where a folder holds no such run, or they share no example.
    """
    return compare_tasks(*(read_task_run(Path(folder)) for folder in (first, second)), seed=seed)


def compare_tasks(
    first: TaskRun, second: TaskRun, *, seed: int = 0, resamples: int = RESAMPLES, flips: int = FLIPS
) -> TaskComparison:
    """Compare two runs, paired by the examples' ids. Raises UsageError where they share none."""
    pairs, counts = _paired(first.examples, second.examples)
    if not pairs:
        raise UsageError(
            "the runs have no scores of the same examples; compare runs on one set, or on one in two voices"
        )
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    names = [name for name in first.names if name in second.names]
    classes = classes_of(ones, others)
    one, other = (example_table(run, names, classes) for run in (ones, others))
    stories = one.stories
    runs = TwoRuns(one, other, StoryBootstrap(stories, seed, resamples), StoryFlips(stories, seed, flips))
    cells = {}
    for name, mask in _masks(ones):
        found = runs.differences(_measures(ones, others, names, mask), mask)
        cells[name] = {
            measure: value
            for measure, value in found.items()
            if value.difference is not None and (measure != UNPARSABLE.name or name == WHOLE)
        }
    return TaskComparison(first.identity, second.identity, {**counts, "stories": stories}, _label_pairs(pairs), cells)


def read_task_run(folder: Path) -> TaskRun:
    """Read a finished run. Raises UsageError where there is none, or a file is damaged."""
    manifest = read_manifest(folder)
    if manifest is None or manifest["kind"] != TASKS_KIND:
        raise UsageError(f"{folder} holds no finished evaluation of task examples; make one with askqa evaluate")
    path = folder / RESULTS_NAME
    try:
        identity = TaskRunIdentity(**json.loads(path.read_text("utf-8"))["run"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not the results of an evaluation ({error}); run askqa evaluate again") from error
    items = {item.id: item for item in read_json_lines(folder / EXAMPLES_NAME, TaskItem.from_json)}
    responses = {one.id: one for one in read_json_lines(folder / RESPONSES_NAME, TaskResponse.from_json)}

    def scored(told: Mapping[str, Any]) -> ScoredExample:
        rated = None if told["rating"] is None else Judgement(told["rating"], told["explanation"])
        return ScoredExample(items[told["id"]], responses[told["id"]], told["said"], told["texts"], rated)

    examples = read_json_lines(folder / SCORES_NAME, scored)
    texts = next((one.texts for one in examples if one.texts is not None), {})
    return TaskRun(identity, examples, tuple(texts))


def _paired(
    first: Sequence[ScoredExample], second: Sequence[ScoredExample]
) -> tuple[list[tuple[ScoredExample, ScoredExample]], dict[str, int]]:
    """Return pairs in the second run's order; a rating that one of the two lacks, the other has not either."""
    known = {one.item.id: one for one in first}
    shared = [(known[other.item.id], other) for other in second if other.item.id in known]
    pairs = [
        (one, other) if one.judgement and other.judgement else (_unrated(one), _unrated(other))
        for one, other in shared
        if _question(one) == _question(other)
    ]
    counts = {
        "examples": len(pairs),
        "same_sound": sum(one.item.audio == other.item.audio for one, other in pairs),
        "only_first": len(first) - len(shared),
        "only_second": len(second) - len(shared),
        "unlike": len(shared) - len(pairs),
    }
    return pairs, counts


def _unrated(one: ScoredExample) -> ScoredExample:
    return replace(one, judgement=None)


def _question(one: ScoredExample) -> tuple[object, ...]:
    """Return what must be alike in both runs."""
    return one.item.of_kind, one.item.story_id, one.item.question, one.item.references, one.item.label


def _masks(examples: Sequence[ScoredExample]) -> Iterator[tuple[str, Mask | None]]:
    yield WHOLE, None
    kinds = np.array([one.item.of_kind for one in examples], dtype=object)
    if len(set(kinds)) > 1:
        for kind in sorted(set(kinds)):
            yield kind, kinds == kind
    readable = np.array([one.item.metadata_readable for one in examples], dtype=object)
    for name, told in ((READABLE, True), (NOT_READABLE, False)):
        if (readable == told).any():
            yield name, np.asarray(readable == told, dtype=np.bool_)


def _measures(
    ones: Sequence[ScoredExample], others: Sequence[ScoredExample], names: Sequence[str], mask: Mask | None
) -> list[Measure]:
    there = np.ones(len(ones), dtype=np.bool_) if mask is None else mask
    chosen = [[one for one, wanted in zip(run, there, strict=True) if wanted] for run in (ones, others)]
    return measures(classes_of(*chosen), names)


def _label_pairs(pairs: Sequence[tuple[ScoredExample, ScoredExample]]) -> LabelPairs:
    both = [(one.right, other.right) for one, other in pairs if one.right is not None]
    return LabelPairs(*(both.count(told) for told in ((True, True), (True, False), (False, True), (False, False))))
