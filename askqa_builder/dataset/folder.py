"""A dataset's folder while it is being made: what is committed, what another command left.

`OUT/.askqa/` holds, beside what any `OutputFolder` has, `shards/` (a record of each committed shard, written after the
shard is in place) and what the command itself keeps there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from askqa_builder.dataset.manifest import (
    CARD_NAME,
    DATA_FOLDER,
    KIND_KEY,
    MANIFEST_NAME,
    REJECTED_NAME,
    noun_of,
    read_manifest,
    shard_records,
)
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.digests import sha256_of
from askqa_builder.errors import UsageError
from askqa_builder.files import atomic_write, remove_empty, storage_errors
from askqa_builder.output_folder import OutputFolder

_SHARDS = "*/*-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9].parquet"


class DatasetFolder(OutputFolder):
    """An output folder, locked for one dataset in the making.

    Its identity is config and plan digest. kind: of what it makes, as its manifest says; None for a dataset.
    """

    making = "build"
    noun = "dataset"
    manifest_name = MANIFEST_NAME
    owner_name = "build.json"
    subfolders: tuple[str, ...] = ("shards",)
    kind: str | None = None

    def finished_manifest(self) -> dict[str, Any] | None:
        """Return the manifest where this very build is finished and each shard is as it was written.

        Damaged or missing shards are taken out of the record, so that they are built again.
        """
        manifest = read_manifest(self.out)
        if manifest is None:
            return None
        records = shard_records(manifest)
        intact = [record for record in records if self._is_intact(record)]
        reasons_kept = not manifest["rejected"] or (self.out / REJECTED_NAME).is_file()
        if len(intact) == len(records) and reasons_kept:
            return manifest
        for record in intact:
            self.commit(record)
        with storage_errors(f"write to {self.out}"):
            if not reasons_kept:
                (self.out / CARD_NAME).unlink(missing_ok=True)  # see `BuildFolder.known_rejects`
            (self.out / MANIFEST_NAME).unlink()
        return None

    def committed(self, file: str) -> ShardRecord | None:
        """Return the record of a shard that is in place; None where it has to be written."""
        try:
            record = ShardRecord(**json.loads(self._record_path(file).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        path = self.out / record.file
        return record if path.is_file() and path.stat().st_size == record.bytes else None

    def commit(self, record: ShardRecord) -> None:
        """Record a shard that is in place."""
        with atomic_write(self._record_path(record.file)) as file:
            file.write(json.dumps(record.to_json()).encode("ascii"))

    def _check_ours(self) -> None:
        super()._check_ours()
        self._check_kind()

    def _check_kind(self) -> None:
        """Refuse to overwrite what is finished and of another kind: nobody means that."""
        try:
            found = read_manifest(self.out)
        except UsageError:  # damaged: whoever asks for its owner says so
            return
        if found is not None and found.get(KIND_KEY) != self.kind:
            there = noun_of(found.get(KIND_KEY))
            raise UsageError(f"{self.out} holds a {there}; choose another folder, or remove it yourself")

    def _manifest(self) -> Mapping[str, Any] | None:
        return read_manifest(self.out)

    def _written_folders(self) -> Iterable[Path]:
        return (*(self.out / DATA_FOLDER).glob("*/"), *self.state.glob("*/"))

    def _clear(self) -> None:
        for name in (MANIFEST_NAME, REJECTED_NAME, CARD_NAME):
            (self.out / name).unlink(missing_ok=True)
        data = self.out / DATA_FOLDER
        for shard in data.glob(_SHARDS):
            shard.unlink()
        remove_empty(*data.glob("*/"), data)
        for name in self.subfolders:
            shutil.rmtree(self.state / name, ignore_errors=True)

    def _is_intact(self, record: ShardRecord) -> bool:
        path = self.out / record.file
        return path.is_file() and path.stat().st_size == record.bytes and sha256_of(path) == record.sha256

    def _record_path(self, file: str) -> Path:
        return self.state / "shards" / (file.replace("/", "~") + ".json")
