"""Look into a finished set of task examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from askqa_builder.corpus.rejects import describe
from askqa_builder.dataset.manifest import KIND_KEY, MANIFEST_NAME, SHARED_STORIES_KEY, TASKS_KIND, read_manifest
from askqa_builder.dataset.reading import reading_errors, unfinished_message
from askqa_builder.errors import UsageError
from askqa_builder.hearing.options import Hearing
from askqa_builder.recording.encode import FORMATS
from askqa_builder.tasks.example import SCHEMA, Example

_BATCH = 512

_LATER = ("metadata", "metadata_readable")
"""Columns that sets of an earlier format lack."""


def is_task_set(folder: Path) -> bool:
    """Tell whether a folder holds a finished set of task examples. Raises UsageError where its manifest is damaged."""
    manifest = read_manifest(folder)
    return manifest is not None and manifest.get(KIND_KEY) == TASKS_KIND


def tasks_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a set of task examples. Raises UsageError where the folder holds none."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(unfinished_message(folder, "set of task examples", "make one with askqa tasks"))
    if manifest.get(KIND_KEY) != TASKS_KIND:
        raise UsageError(f"{folder} holds a dataset, no task examples; make some of it with askqa tasks")
    try:
        _check(manifest)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{folder / MANIFEST_NAME}: not a manifest of task examples ({error}); make them again with --overwrite"
        ) from error
    return manifest


def _check(manifest: Mapping[str, Any]) -> None:
    """Raise KeyError, TypeError or ValueError where something is missing that readers of a set need."""
    for name in ("made_from", "options", "tasks", "wordings"):
        if not isinstance(manifest[name], dict):
            raise TypeError(f"{name} is {describe(manifest[name])}")
    if not isinstance(manifest["made_from"]["config_digest"], str):
        raise TypeError("made_from.config_digest is no text")
    if not isinstance(manifest["rejected"], dict):
        raise TypeError(f"rejected is {describe(manifest['rejected'])}")
    if not isinstance(manifest.get(SHARED_STORIES_KEY), int):
        raise TypeError(f"{SHARED_STORIES_KEY} is {describe(manifest.get(SHARED_STORIES_KEY))}")
    for name, version in manifest["tasks"].items():
        if not isinstance(version, int):
            raise TypeError(f"tasks.{name} is {describe(version)}, not a version")
    for task, kinds in manifest["wordings"].items():
        if not isinstance(kinds, dict):
            raise TypeError(f"wordings.{task} is {describe(kinds)}")
    Hearing(**manifest["options"]["hearing"])
    if manifest["options"]["audio_format"] not in FORMATS:
        raise ValueError(f"options.audio_format is {describe(manifest['options']['audio_format'])}")


def examples_of(folder: Path, file: str) -> Iterator[Example]:
    """Yield the examples of one file of a set, in order; some hundreds are in memory. What came later is null."""
    with reading_errors(folder), pq.ParquetFile(folder / file) as parquet:
        there = [name for name in SCHEMA.names if name not in _LATER or name in parquet.schema_arrow.names]
        for batch in parquet.iter_batches(_BATCH, columns=there):
            for example in batch.to_pylist():
                yield Example(**example)
