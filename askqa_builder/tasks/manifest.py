"""What a set of task examples is made of, as its `askqa.json` has it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from askqa_builder import __version__
from askqa_builder.dataset.manifest import KIND_KEY, TASKS_KIND, canonical_digest
from askqa_builder.dataset.source import Source
from askqa_builder.tasks.options import TasksOptions
from askqa_builder.tasks.task import Task
from askqa_builder.tasks.wordings import Wordings
from askqa_builder.tasks.writer import VERSION as WRITER_VERSION

FORMAT_VERSION = "1.1"
"""1.1: examples have columns `metadata` and `metadata_readable`."""

_MADE_SO = "1.0"
"""The format since which the same dataset and options give the same examples: finished sets stay what they are."""


def identity_of(source: Source, options: TasksOptions, wordings: Wordings, tasks: Sequence[Task]) -> dict[str, str]:
    """Return what tells a set from others: a digest of all that can change an example, and the dataset's plan."""
    made_from = {
        "format_version": _MADE_SO,
        "shards": [record.sha256 for record in source.records],
        "options": options.to_json(),
        "wordings": wordings.table,
        "versions": [[task.name, task.version] for task in tasks],
        "writer": WRITER_VERSION,
        "libraries": _libraries(),
    }
    return {"config_digest": canonical_digest(made_from), "plan_digest": source.manifest["plan_digest"]}


def described(source: Source, options: TasksOptions, wordings: Wordings, tasks: Sequence[Task]) -> dict[str, Any]:
    """Return what the manifest says of how a set is made."""
    return {
        KIND_KEY: TASKS_KIND,
        "format_version": FORMAT_VERSION,
        "made_from": {name: source.manifest[name] for name in ("config_digest", "plan_digest", "format_version")},
        "options": options.to_json(),
        "wordings": wordings.table,
        "tasks": {task.name: task.version for task in tasks},
        "descriptions": {task.name: task.description for task in tasks},
        "libraries": _libraries(),
        "sampling_rate": source.sampling_rate,
    }


def _libraries() -> dict[str, str]:
    return {"askqa-builder": __version__, **{name: version(name) for name in ("num2words", "pyarrow", "sentencex")}}
