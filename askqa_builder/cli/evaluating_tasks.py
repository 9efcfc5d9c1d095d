"""`askqa evaluate` of sets of task examples: which folders are such, and which options they have."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from askqa_builder.errors import UsageError

if TYPE_CHECKING:
    from askqa_builder.evaluation.task_sets.several import TaskRuns

_OF_DIALOGUES = (
    *("max_rounds", "context", "layout", "segments", "classifier", "user", "keep_audio"),
    *("profiles", "channel", "workers", "device", "cache", "cache_size", "other_version"),
)
_OF_SETS = ("compare_metadata", "planted")


def are_sets(folders: Sequence[Path]) -> bool:
    """Tell whether folders hold sets of task examples. Raises UsageError where some do and others do not."""
    from askqa_builder.tasks.reading import is_task_set

    found = [is_task_set(folder) for folder in folders]
    if any(found) and not all(found):
        raise UsageError(
            f"{folders[found.index(True)]} holds task examples, {folders[found.index(False)]} does not; evaluate "
            "datasets and sets of examples apart"
        )
    return all(found)


def check_options(invocation: typer.Context) -> None:
    """Refuse what sets have no use for: nothing is spoken, and what is heard was settled when a set was made."""
    _refuse(invocation, _OF_DIALOGUES, "no option of a set of task examples: what is heard was settled by askqa tasks")


def check_of_sets(invocation: typer.Context) -> None:
    """Refuse of datasets what only sets have."""
    _refuse(invocation, _OF_SETS, "an option of sets of task examples alone; leave it out")


def labels_wanted(metadata: bool | None, compared: bool) -> str | None:
    """Return which prompts are asked, as `evaluate_task_sets` has it. Raises UsageError where that is unclear."""
    from askqa_builder.evaluation.task_sets.several import BOTH

    if compared and metadata is not None:
        raise UsageError("--compare-metadata: asks with and without labels; leave --metadata and --no-metadata out")
    return BOTH if compared else {None: None, True: "stored", False: "none"}[metadata]


def evaluate_sets(sets: Sequence[Path], out: Path | None, **options: Any) -> TaskRuns:
    """Evaluate, with progress."""
    from askqa_builder.cli.progress import progress_for
    from askqa_builder.evaluation.task_sets.several import evaluate_task_sets

    return evaluate_task_sets(
        sets, out, **options, progress=progress_for(sys.stderr, "examples", "ask about", hours=None)
    )


def _refuse(invocation: typer.Context, names: Sequence[str], why: str) -> None:
    source = invocation.get_parameter_source
    given = [name for name in names if getattr(source(name), "name", "") == "COMMANDLINE"]
    if given:
        raise UsageError(f"{', '.join('--' + name.replace('_', '-') for name in given)}: {why}")
