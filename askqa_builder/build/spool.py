"""Finished blocks on disk, until the shards they belong to are committed.

A block is a JSON file that names its Arrow files with their digests. Nothing is flushed to the disk here: a
torn file fails its digest and the block is made again, which costs less than a flush for each.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from askqa_builder.corpus.conversation import Stage
from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.schema import COLUMNS
from askqa_builder.files import atomic_write, remove_temporaries, storage_errors


@dataclass(frozen=True)
class BlockOutcome:
    """What came of a block.

    rejects: what was left out, in order. recorded: seconds of all rows' recordings. digests: SHA-256 of the
    Arrow file of each stage that has rows.
    """

    index: int
    rejects: tuple[Reject, ...]
    recorded: float
    digests: dict[str, str]


@dataclass(frozen=True)
class PackedBlock:
    """A finished block as it goes to the spool: its outcome, and the Arrow stream of each stage that has rows."""

    outcome: BlockOutcome
    streams: dict[str, bytes]


def pack(index: int, rows: Mapping[Stage, Sequence[dict[str, Any]]], rejects: Sequence[Reject]) -> PackedBlock:
    """Pack a block's rows, wherever they were made."""
    streams = {stage.value: _arrow_stream(stage_rows) for stage, stage_rows in rows.items() if stage_rows}
    recorded = sum(row["duration"] for stage_rows in rows.values() for row in stage_rows)
    digests = {stage: hashlib.sha256(stream).hexdigest() for stage, stream in streams.items()}
    return PackedBlock(BlockOutcome(index, tuple(rejects), recorded, digests), streams)


def _arrow_stream(rows: Sequence[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    batch = pa.RecordBatch.from_pylist(rows, schema=COLUMNS)
    with pa.ipc.new_stream(buffer, COLUMNS) as writer:
        writer.write_batch(batch)
    return buffer.getvalue()


class Spool:
    """A folder of finished blocks. Workers write, the main process reads and removes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(
        self, index: int, rows: Mapping[Stage, Sequence[dict[str, Any]]], rejects: Sequence[Reject]
    ) -> BlockOutcome:
        """Write a block's rows, then its outcome: with the latter it is finished. Raises StorageError."""
        return self.store(pack(index, rows, rejects))

    def store(self, block: PackedBlock) -> BlockOutcome:
        """Write a block that was packed, perhaps elsewhere, as `write` does."""
        outcome = block.outcome
        for stage, stream in block.streams.items():
            with atomic_write(self._rows_path(outcome.index, Stage(stage)), durable=False) as file:
                file.write(stream)
        with atomic_write(self._outcome_path(outcome.index), durable=False) as file:
            file.write(json.dumps(asdict(outcome)).encode("ascii"))
        return outcome

    def outcome(self, index: int) -> BlockOutcome | None:
        """Return the outcome of a finished block; None where there is none that can be read."""
        try:
            content = json.loads(self._outcome_path(index).read_bytes())
            content["rejects"] = tuple(Reject(**reject) for reject in content["rejects"])
            return BlockOutcome(**content)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def is_intact(self, outcome: BlockOutcome, stages: Sequence[Stage]) -> bool:
        """Tell whether the rows of the wanted stages are there as they were written."""
        for stage in stages:
            digest = outcome.digests.get(stage.value)
            if digest is None:
                continue
            try:
                data = self._rows_path(outcome.index, stage).read_bytes()
            except FileNotFoundError:
                return False
            if hashlib.sha256(data).hexdigest() != digest:
                return False
        return True

    def batches(self, outcome: BlockOutcome, stage: Stage) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one stage of a block."""
        if stage.value in outcome.digests:
            path = self._rows_path(outcome.index, stage)
            with storage_errors(f"read {path.name}"), path.open("rb") as file:
                batches = list(pa.ipc.open_stream(file))
            yield from batches

    def remove_rows(self, outcome: BlockOutcome, stage: Stage) -> None:
        """Remove rows that a committed shard holds; the outcome stays, for its rejects."""
        path = self._rows_path(outcome.index, stage)
        with storage_errors(f"remove {path.name}"):
            path.unlink(missing_ok=True)

    def texts_path(self, index: int) -> Path:
        """Where a worker leaves a block's texts for the speaker."""
        return self.folder / f"{index:06d}.texts"

    def speech_path(self, index: int) -> Path:
        """Where a speaker leaves a block's speech for the worker that finishes it."""
        return self.folder / f"{index:06d}.speech"

    def recalled_path(self, index: int) -> Path:
        """Where a worker leaves what of a block was spoken before, and what was not, for the one that finishes it."""
        return self.folder / f"{index:06d}.recalled"

    def handed_over(self, index: int) -> tuple[Any, Any]:
        """Return what of a block was spoken before, and what a speaker has left. Raises StorageError."""
        return read_pickled(self.recalled_path(index)), read_pickled(self.speech_path(index))

    def remove_handed_over(self, index: int) -> None:
        """Remove what processes hand each other of a block. Raises StorageError."""
        with storage_errors("remove what was spoken"):
            for path in (self.texts_path(index), self.speech_path(index), self.recalled_path(index)):
                path.unlink(missing_ok=True)

    def remove_all_handed_over(self) -> None:
        """Remove what the processes of a build that was killed had for each other. Raises StorageError."""
        with storage_errors("remove what was spoken"):
            for kind in ("texts", "speech", "recalled"):
                for path in self.folder.glob(f"*.{kind}"):
                    path.unlink(missing_ok=True)
            remove_temporaries(self.folder)  # of speakers that were killed as they wrote

    def _rows_path(self, index: int, stage: Stage) -> Path:
        return self.folder / f"{index:06d}.{stage.value}.arrow"

    def _outcome_path(self, index: int) -> Path:
        return self.folder / f"{index:06d}.json"


def write_pickled(path: Path, value: object) -> None:
    """Leave something for another process of this build. Raises StorageError."""
    with atomic_write(path, durable=False) as file:
        pickle.dump(value, file, protocol=5)


def read_pickled(path: Path) -> Any:
    """Read what another process of this build has left moments ago. Raises StorageError."""
    with storage_errors(f"read {path.name}"), path.open("rb") as file:
        return pickle.load(file)
