"""`compare`: two finished runs, item by item."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.folder import (
    ITEMS_NAME,
    RESULTS_NAME,
    TASKS_KIND,
    TRAJECTORIES_NAME,
    read_json_lines,
    read_manifest,
)
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.compare import Comparison, compare
from askqa_builder.evaluation.metrics.comparison_text import comparison_markdown, comparison_table, unlike_settings
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.results import RunIdentity
from askqa_builder.evaluation.task_sets.comparing import TaskComparison, compare_task_runs
from askqa_builder.evaluation.trajectory import Trajectory


@dataclass(frozen=True)
class ComparisonReport:
    """Two runs compared. first, second: what they are."""

    first: RunIdentity
    second: RunIdentity
    comparison: Comparison

    def to_json(self) -> dict[str, Any]:
        """Return it for a file."""
        return {"first": vars(self.first), "second": vars(self.second), **self.comparison.to_json()}

    def lines(self) -> list[str]:
        """Return it for a terminal."""
        runs = [
            f"{name}: {run.model} on {run.dataset}" for name, run in (("first", self.first), ("second", self.second))
        ]
        return [*runs, *unlike_settings(self.first, self.second), *comparison_table(self.comparison)]

    def markdown(self) -> str:
        """Return a block for a paper."""
        return comparison_markdown(self.comparison, self.first, self.second)


def compare_runs(first: str | Path, second: str | Path, *, seed: int = 0) -> ComparisonReport | TaskComparison:
    """Compare two finished runs: two models on one dataset, or one model on a dataset and on its regenerated twin.

    Of sets of task examples: see `compare_task_runs`. seed: of draws and flips. Raises UsageError where one of the
    folders holds no finished run, they are of different kinds, or share no item.
    """
    kinds = [_kind(Path(folder)) for folder in (first, second)]
    if kinds == [TASKS_KIND, TASKS_KIND]:
        return compare_task_runs(first, second, seed=seed)
    if TASKS_KIND in kinds:
        raise UsageError("one of the runs is of dialogues, the other of task examples; compare runs of one kind")
    runs = [_read(Path(folder)) for folder in (first, second)]
    (one, outcomes), (other, others) = runs
    return ComparisonReport(one, other, compare(outcomes, others, seed=seed))


def _kind(folder: Path) -> str:
    """Return of what kind a finished run is. Raises UsageError where there is none."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"{folder} holds no finished evaluation; make one with askqa evaluate")
    return str(manifest["kind"])


def _read(folder: Path) -> tuple[RunIdentity, Outcomes]:
    path = folder / RESULTS_NAME
    try:
        run = RunIdentity(**json.loads(path.read_text("utf-8"))["run"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not the results of an evaluation ({error}); run askqa evaluate again") from error
    items = read_json_lines(folder / ITEMS_NAME, Item.from_json)
    return run, Outcomes(items, read_json_lines(folder / TRAJECTORIES_NAME, Trajectory.from_json))
