"""The folder of a set of task examples: its files, and its manifest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from askqa_builder.dataset.folder import DatasetFolder
from askqa_builder.dataset.manifest import (
    DATA_FOLDER,
    MANIFEST_NAME,
    REJECTED_NAME,
    TASKS_KIND,
    shard_records,
)
from askqa_builder.dataset.parquet_file import open_parquet
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.files import atomic_write, remove_empty, storage_errors
from askqa_builder.hearing.clip_files import AUDIO_FOLDER
from askqa_builder.tasks.example import SCHEMA, Example
from askqa_builder.tasks.reading import tasks_manifest

CONFIG = "examples"

_ROWS_OF_A_GROUP = 1000
_CLIP = re.compile(r"[0-9a-f]{16}\.(flac|wav)")


class TasksFolder(DatasetFolder):
    """The folder of a set in the making."""

    making = "set of tasks"
    noun = "set of task examples"
    kind = TASKS_KIND

    def withdraw(self) -> None:
        """Give the folder up where nothing has been made in it: other options may be tried there."""
        if not any((self.state / "shards").iterdir()) and not (self.out / MANIFEST_NAME).exists():
            self.discard()

    def discard(self) -> None:
        """Remove what has been made, and the folder where nothing else is in it."""
        self._clear()
        self.finish()
        remove_empty(self.out)

    def finished_manifest(self) -> dict[str, Any] | None:
        """Return the manifest as `DatasetFolder` does; where nobody knows any more what was left out, nothing stays."""
        if (self.out / MANIFEST_NAME).exists():
            manifest = tasks_manifest(self.out)
            if manifest["rejected"] and not (self.out / REJECTED_NAME).is_file():
                for record in shard_records(manifest):
                    (self.out / record.file).unlink(missing_ok=True)
        return super().finished_manifest()

    def _owner(self) -> dict[str, Any] | None:
        if self._overwrite and (self.out / MANIFEST_NAME).exists():  # of the same options, too: it may be damaged
            return None
        return super()._owner()

    def _written_folders(self) -> Iterable[Path]:
        return (*super()._written_folders(), *self.out.glob(f"{AUDIO_FOLDER}/*/*/"))

    def _clear(self) -> None:
        super()._clear()
        audio = self.out / AUDIO_FOLDER
        for clip in audio.glob("*/*/*"):
            if _CLIP.fullmatch(clip.name):
                clip.unlink()
        remove_empty(*audio.glob("*/*/"), *audio.glob("*/"), audio)


def shard_file(split: str, number: int, of: int) -> str:
    """Return the name of a set's file, relative to its folder."""
    return f"{DATA_FOLDER}/{CONFIG}/{split}-{number:05d}-of-{of:05d}.parquet"


def write_examples(out: Path, file: str, split: str, examples: Iterable[Example]) -> ShardRecord:
    """Write a file of examples; it appears whole or not at all. Raises StorageError."""
    path = out / file
    rows = 0
    with storage_errors(f"write {file}"):
        path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as target, open_parquet(target, SCHEMA, compression="zstd") as parquet:
        for group in _groups(examples):
            parquet.write(group)
            rows += len(group)
    return ShardRecord(file, CONFIG, split, rows, parquet.size, parquet.sha256)


def _groups(examples: Iterable[Example]) -> Iterator[pa.Table]:
    rest = iter(examples)
    while batch := list(islice(rest, _ROWS_OF_A_GROUP)):
        yield pa.Table.from_pylist([example.to_json() for example in batch], schema=SCHEMA)
