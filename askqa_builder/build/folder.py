"""The dataset's folder while it is being built: lock, what is committed, what another build left.

`OUT/.askqa/` holds `lock`, `build.json` (whose build this is), `blocks/` (finished blocks) and `shards/` (a
record of each committed shard, written after the shard is in place). A finished dataset has none of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from askqa_builder.build.spool import Spool
from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.files import atomic_write, remove_temporaries, sha256_of, storage_errors
from askqa_builder.dataset.manifest import (
    CARD_NAME,
    DATA_FOLDER,
    MANIFEST_NAME,
    REJECTED_NAME,
    read_manifest,
    read_rejected,
    shard_records,
)
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.errors import UsageError

STATE_FOLDER = ".askqa"

_SHARDS = "*/*-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9].parquet"


class BuildFolder:
    """An output folder, locked for one build. Use as a context manager.

    Opening raises UsageError where the folder belongs to something else, to another build, or is being built
    at this moment.
    """

    def __init__(self, out: Path, identity: Mapping[str, str], *, overwrite: bool) -> None:
        """Take the folder `out` for the build that the manifest's `identity` names (config and plan digest).

        overwrite: what another build left is removed; this build's own is resumed all the same.
        """
        self.out = out
        self.state = out / STATE_FOLDER
        self.spool = Spool(self.state / "blocks")
        self._identity = dict(identity)
        self._overwrite = overwrite
        self._lock: int | None = None

    def __enter__(self) -> BuildFolder:
        self._check_ours()
        with storage_errors(f"write to {self.out}"):
            self.state.mkdir(parents=True, exist_ok=True)
            self._lock = self._acquire()
        try:
            self._claim()
        except BaseException:
            if (self.out / MANIFEST_NAME).exists():
                self.finish()
            self._release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

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
                (self.out / CARD_NAME).unlink(missing_ok=True)  # see `known_rejects`
            (self.out / MANIFEST_NAME).unlink()
        return None

    def known_rejects(self) -> dict[str, list[Reject]] | None:
        """Return what this build left out when it was finished, by id; None where it never was.

        The card is written once `rejected.jsonl` is complete, which is absent where nothing was rejected.
        """
        if not (self.out / CARD_NAME).exists():
            return None
        rejects: dict[str, list[Reject]] = {}
        for reject in read_rejected(self.out):
            if reject.id is not None and reject.stage != "read":
                rejects.setdefault(reject.id, []).append(reject)
        return rejects

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

    def finish(self) -> None:
        """Remove the build's state: the dataset is complete."""
        shutil.rmtree(self.state, ignore_errors=True)

    def _check_ours(self) -> None:
        try:
            existing = next(path for path in (self.out, *self.out.absolute().parents) if path.exists())
            if not existing.is_dir():
                raise UsageError(f"{existing} is a file; give a folder for the dataset")
            names = {path.name for path in self.out.iterdir()} if self.out.exists() else set()
        except OSError as error:
            raise UsageError(f"cannot read {self.out}: {error.strerror}; choose another folder") from error
        if names and not names & {MANIFEST_NAME, STATE_FOLDER}:
            raise UsageError(f"{self.out} is not empty and holds no dataset of askqa; choose another folder")

    def _claim(self) -> None:
        """Make sure that what is in the folder is this build's, or nothing."""
        owner = self._owner()
        if owner != self._identity and self._overwrite:
            owner = None
        if owner is not None and owner != self._identity:
            unfinished = "" if (self.out / MANIFEST_NAME).exists() else "an unfinished "
            raise UsageError(
                f"{self.out} holds {unfinished or 'a '}build of other settings, sources or library versions; "
                "give --overwrite to discard it, or another folder"
            )
        with storage_errors(f"write to {self.out}"):
            for folder in (self.out, self.state, *(self.out / DATA_FOLDER).glob("*/"), *self.state.glob("*/")):
                remove_temporaries(folder)
            if owner is None:  # also where the process that was clearing the folder has been killed
                self._clear()
            for folder in (self.spool.folder, self.state / "shards"):
                folder.mkdir(exist_ok=True)
        # of a finished dataset too: while damaged shards are made again it has no manifest
        with atomic_write(self.state / "build.json") as file:
            file.write(json.dumps(self._identity).encode("ascii"))

    def _owner(self) -> dict[str, str] | None:
        """Return the identity of the build that the folder belongs to."""
        try:
            found = read_manifest(self.out)
            if found is None:
                found = json.loads((self.state / "build.json").read_bytes())
            return {key: str(found[key]) for key in self._identity}
        except UsageError:
            if self._overwrite:
                return None
            raise
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _clear(self) -> None:
        """Remove what a build makes and nothing else, the manifest first and the mark of whose it is last."""
        for name in (MANIFEST_NAME, REJECTED_NAME, CARD_NAME):
            (self.out / name).unlink(missing_ok=True)
        data = self.out / DATA_FOLDER
        for shard in data.glob(_SHARDS):
            shard.unlink()
        for folder in (*data.glob("*/"), data):
            with suppress(OSError):  # the user keeps something there
                folder.rmdir()
        for name in ("blocks", "shards"):
            shutil.rmtree(self.state / name, ignore_errors=True)
        (self.state / "build.json").unlink(missing_ok=True)

    def _is_intact(self, record: ShardRecord) -> bool:
        path = self.out / record.file
        return path.is_file() and path.stat().st_size == record.bytes and sha256_of(path) == record.sha256

    def _record_path(self, file: str) -> Path:
        return self.state / "shards" / (file.replace("/", "~") + ".json")

    def _acquire(self) -> int:
        """Lock the folder. The lock goes with the process, however it ends."""
        path = self.state / "lock"
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise UsageError(f"another build is writing to {self.out}; wait for it or stop it") from None
            if _same_file(descriptor, path):
                return descriptor
            os.close(descriptor)  # its holder finished and removed it in between
            self.state.mkdir(parents=True, exist_ok=True)

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
