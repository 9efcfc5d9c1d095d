"""Write one Parquet shard: atomically, with pyarrow alone, laid out for `datasets` and for the Hub."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from askqa_builder.dataset.files import atomic_write
from askqa_builder.dataset.schema import leaf_paths, row_schema

ROW_GROUP_BYTES = 32 << 20
"""Small groups make readers of the text columns move ten times the bytes, large ones cost memory."""

_AUDIO_LEAVES = frozenset({"audio.bytes", "audio.path"})

# Chunk borders depend on content, so that the Hub stores an edited dataset's unchanged rows only once.
_CHUNKING = {"min_chunk_size": 256 * 1024, "max_chunk_size": 1024 * 1024, "norm_level": 0}


@dataclass(frozen=True)
class ShardRecord:
    """A finished shard as the manifest lists it; `file` is relative to the dataset."""

    file: str
    config: str
    split: str
    rows: int
    bytes: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return the manifest's entry."""
        return asdict(self)


class _HashingFile:
    """A file object that hashes what passes through, so that a shard is not read again."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def tell(self) -> int:
        return self.size

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


def write_shard(
    dataset: Path,
    file: str,
    batches: Iterable[pa.RecordBatch],
    *,
    config: str,
    split: str,
    sampling_rate: int,
) -> ShardRecord:
    """Write the rows of `batches`, in order, as `dataset/file`; the bytes depend on the rows alone.

    Batches may be cut anywhere: rows are regrouped by the bytes of their audio. Raises StorageError.
    """
    schema = row_schema(sampling_rate)
    leaves = leaf_paths(schema)
    plain = [leaf for leaf in leaves if leaf in _AUDIO_LEAVES]
    others = [leaf for leaf in leaves if leaf not in _AUDIO_LEAVES]
    path = dataset / file
    rows = 0
    with atomic_write(path) as target:
        hashing = _HashingFile(target)
        with pq.ParquetWriter(
            pa.PythonFile(hashing, mode="w"),
            schema,
            compression={leaf: "none" if leaf in _AUDIO_LEAVES else "zstd" for leaf in leaves},
            use_dictionary=others,
            column_encoding=dict.fromkeys(plain, "PLAIN"),
            write_statistics=others,
            use_content_defined_chunking=_CHUNKING,
            write_page_index=True,
        ) as writer:
            for group in _row_groups(batches, schema):
                writer.write_table(group, row_group_size=max(len(group), 1))
                rows += len(group)
            writer.add_key_value_metadata({"content_defined_chunking": json.dumps(_CHUNKING)})
    return ShardRecord(file, config, split, rows, hashing.size, hashing.sha256.hexdigest())


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterable[pa.Table]:
    """Regroup rows so that each group holds at least ROW_GROUP_BYTES of audio, except the last."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        lengths = pc.binary_length(batch.column("audio").field("bytes")).to_pylist()
        start = 0
        for row, length in enumerate(lengths):
            size += length
            if size >= ROW_GROUP_BYTES:
                waiting.append(batch.slice(start, row + 1 - start))
                yield pa.Table.from_batches(waiting, schema)
                waiting, size, start = [], 0, row + 1
        if start < len(lengths):
            waiting.append(batch.slice(start))
    if waiting:
        yield pa.Table.from_batches(waiting, schema)
