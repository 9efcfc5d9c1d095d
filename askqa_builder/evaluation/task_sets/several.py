"""One model on several sets, or on one with and without labels of how it is said: runs, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.folder import beside
from askqa_builder.evaluation.several import folders_of
from askqa_builder.evaluation.task_sets.comparing import TaskComparison, TaskRun, compare_tasks
from askqa_builder.evaluation.task_sets.run import TaskEvaluationReport, evaluate_tasks

BOTH = "both"
"""Of `metadata`: a run without labels of how it is said and one with them, and the two compared."""


@dataclass(frozen=True)
class TaskRuns:
    """Runs in the order in which they were made. comparisons: of a run without labels with the one with them."""

    runs: Sequence[TaskEvaluationReport]
    comparisons: Sequence[TaskComparison]

    @property
    def exit_code(self) -> int:
        """0, or 3 where examples of any run failed."""
        return max(run.exit_code for run in self.runs)

    def lines(self) -> list[str]:
        """Return them for a terminal."""
        told = [*(run.scored.lines() for run in self.runs), *(one.lines() for one in self.comparisons)]
        return [line for place, lines in enumerate(told) for line in (*([""] if place else []), *lines)]

    def markdown(self) -> str:
        """Return a block for a paper: comparisons, and then each run."""
        told = [*(one.markdown() for one in self.comparisons), *(run.scored.markdown() for run in self.runs)]
        return "\n".join(told)

    def to_json(self) -> dict[str, Any]:
        """Return what `results.json` of each run holds, of several as a list."""
        if len(self.runs) == 1:
            return self.runs[0].scored.to_json()
        return {
            "runs": [run.scored.to_json() for run in self.runs],
            "comparisons": [one.to_json() for one in self.comparisons],
        }


def evaluate_task_sets(
    task_sets: Sequence[str | Path],
    out: str | Path | None = None,
    *,
    metadata: str | None = None,
    seed: int = 0,
    **options: Any,
) -> TaskRuns:
    """Ask a model about one set after the other. options: of `evaluate_tasks`, for all of them alike.

    metadata: as of `evaluate_tasks`, or `BOTH`: then each set has two runs, in subfolders `none` and `stored`. out: as
    of `evaluate_several`. Raises UsageError where there is no set, or two would have one folder, and what
    `evaluate_tasks` does.
    """
    runs: list[TaskEvaluationReport] = []
    comparisons: list[TaskComparison] = []
    for task_set, folder in folders_of(task_sets, out):
        if metadata != BOTH:
            runs.append(evaluate_tasks(task_set, folder, metadata=metadata, seed=seed, **options))
            continue
        place = folder or _named(Path(task_set), options)
        # with labels first: where there are none, that is told before anything is asked
        stored = evaluate_tasks(task_set, place / "stored", metadata="stored", seed=seed, **options)
        none = evaluate_tasks(task_set, place / "none", metadata="none", seed=seed, **options)
        runs += [none, stored]
        comparisons.append(compare_tasks(_run(none), _run(stored), seed=seed))
    return TaskRuns(runs, comparisons)


def _run(report: TaskEvaluationReport) -> TaskRun:
    results = report.scored.results
    return TaskRun(results.run, report.scored.examples, results.scores)


def _named(task_set: Path, options: dict[str, Any]) -> Path:
    """Return a folder for two runs for which none was named."""
    model = options.get("model") or options.get("control")
    if not isinstance(model, str):
        raise UsageError("--compare-metadata makes two runs; give a folder for them with --out")
    return beside(task_set, model)
