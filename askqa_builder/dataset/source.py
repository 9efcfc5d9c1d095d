"""A finished dataset to be read from: its rows, with and without their sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.reading import finished_manifest, row_groups
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.upgrade import check_rewritable, upgraded
from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError
from askqa_builder.recording.timeline import Seconds

_BATCH = 64


class Source:
    """A finished dataset. Raises UsageError where there is none, or it is of a later format."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = finished_manifest(folder)
        check_rewritable(self.manifest)
        self.records = shard_records(self.manifest)
        self.sampling_rate: int = self.manifest["sampling_rate"]

    def texts(self, record: ShardRecord) -> Iterator[dict[str, Any]]:
        """Yield the rows of a shard without their audio."""
        for group in row_groups(self.folder / record.file, without=("audio",)):
            rows = upgraded(group, self.sampling_rate).drop_columns(["audio"])
            for batch in rows.to_batches(max_chunksize=_BATCH):
                yield from batch.to_pylist()

    def all_texts(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield every row without its audio, with its split."""
        for record in self.records:
            for row in self.texts(record):
                yield row, record.split

    def seconds(self) -> Seconds:
        """Return how long all recordings are."""
        groups = (
            group for record in self.records for group in row_groups(self.folder / record.file, columns=["duration"])
        )
        return float(sum(sum(group.column("duration").to_pylist()) for group in groups))

    def whole(self, record: ShardRecord) -> Iterator[dict[str, Any]]:
        """Yield the rows of a shard with their audio. Raises AskqaError where the file is not as it was written."""
        if sha256_of(self.folder / record.file) != record.sha256:
            raise AskqaError(f"{record.file} is not as it was written; build the dataset again to repair it")
        for group in row_groups(self.folder / record.file):
            for batch in upgraded(group, self.sampling_rate).to_batches(max_chunksize=1):
                yield from batch.to_pylist()
