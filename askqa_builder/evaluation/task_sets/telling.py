"""What a run over a set comes to, as files and as lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.evaluation.folder import (
    EXAMPLES_NAME,
    MARKDOWN_NAME,
    RESPONSES_NAME,
    RESULTS_NAME,
    SCORES_NAME,
    write_json_lines,
    write_manifest,
    write_text,
)
from askqa_builder.evaluation.task_sets.asking import TaskResponse
from askqa_builder.evaluation.task_sets.item import TaskItem
from askqa_builder.evaluation.task_sets.results import TaskResults
from askqa_builder.evaluation.task_sets.results_text import task_markdown, task_table
from askqa_builder.evaluation.task_sets.scores import ScoredExample


@dataclass(frozen=True)
class TaskScored:
    """A run's figures. examples: that have scores, in the set's order."""

    results: TaskResults
    examples: Sequence[ScoredExample]

    def to_json(self) -> dict[str, Any]:
        """Return what `results.json` holds."""
        return self.results.to_json()

    def lines(self) -> list[str]:
        """Return them for a terminal."""
        return task_table(self.results)

    def markdown(self) -> str:
        """Return a block for a paper."""
        return task_markdown(self.results)


def write_task_run(
    out: Path, about: Mapping[str, Any], items: Sequence[TaskItem], responses: Sequence[TaskResponse], of: TaskScored
) -> None:
    """Write a finished run's files, its manifest last. Raises StorageError."""
    write_json_lines(out / EXAMPLES_NAME, (item.to_json() for item in items))
    write_json_lines(out / RESPONSES_NAME, (one.to_json() for one in responses))
    write_json_lines(out / SCORES_NAME, (one.to_json() for one in of.examples))
    write_text(out / RESULTS_NAME, json.dumps(of.to_json(), indent=1, allow_nan=False, ensure_ascii=False) + "\n")
    write_text(out / MARKDOWN_NAME, of.markdown())
    write_manifest(out, about)
