"""Write one Parquet shard: atomically, with pyarrow alone, laid out for `datasets` and for the Hub."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from askqa_builder.dataset.parquet_file import ParquetFile, open_parquet
from askqa_builder.dataset.schema import leaf_paths, row_schema
from askqa_builder.files import atomic_write

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


class ShardWriter:
    """Takes the rows of one shard, in order, in batches cut anywhere; made by `open_shard`.

    Rows are regrouped by the bytes of their audio, so that the file depends on the rows alone. In memory are the
    batches of one row group.
    """

    def __init__(self, parquet: ParquetFile, file: str, config: str, split: str) -> None:
        self._parquet = parquet
        self._file, self._config, self._split = file, config, split
        self._rows = 0
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; each row group gets at least ROW_GROUP_BYTES of audio, except the last."""
        start = 0
        for row, length in enumerate(pc.binary_length(batch.column("audio").field("bytes")).to_pylist()):
            self._waiting_bytes += length
            if self._waiting_bytes >= ROW_GROUP_BYTES:
                self._waiting.append(batch.slice(start, row + 1 - start))
                self._write_group()
                start = row + 1
        if start < len(batch):
            self._waiting.append(batch.slice(start))

    def finish(self) -> None:
        """Write what waits; nothing may be added after it."""
        self._write_group()
        self._parquet.add_metadata({"content_defined_chunking": json.dumps(_CHUNKING)})

    def record(self) -> ShardRecord:
        """Return what the manifest says of the shard, once its `with` block has ended."""
        parquet = self._parquet
        return ShardRecord(self._file, self._config, self._split, self._rows, parquet.size, parquet.sha256)

    def _write_group(self) -> None:
        if self._waiting:
            group = pa.Table.from_batches(self._waiting, self._parquet.schema)
            self._parquet.write(group)
            self._rows += len(group)
            self._waiting, self._waiting_bytes = [], 0


@contextmanager
def open_shard(dataset: Path, file: str, *, config: str, split: str, sampling_rate: int) -> Iterator[ShardWriter]:
    """Open `dataset/file`, in a folder that is there, for writing; it takes its name when the block ends well.

    Raises StorageError.
    """
    schema = row_schema(sampling_rate)
    leaves = leaf_paths(schema)
    others = [leaf for leaf in leaves if leaf not in _AUDIO_LEAVES]
    with (
        atomic_write(dataset / file) as target,
        open_parquet(
            target,
            schema,
            compression={leaf: "none" if leaf in _AUDIO_LEAVES else "zstd" for leaf in leaves},
            use_dictionary=others,
            column_encoding={leaf: "PLAIN" for leaf in leaves if leaf in _AUDIO_LEAVES},
            write_statistics=others,
            use_content_defined_chunking=_CHUNKING,
            write_page_index=True,
        ) as parquet,
    ):
        writer = ShardWriter(parquet, file, config, split)
        yield writer
        writer.finish()


def write_shard(
    dataset: Path, file: str, batches: Iterable[pa.RecordBatch], *, config: str, split: str, sampling_rate: int
) -> ShardRecord:
    """Write all rows of a shard at once, as `open_shard` does."""
    with open_shard(dataset, file, config=config, split=split, sampling_rate=sampling_rate) as writer:
        for batch in batches:
            writer.write(batch)
    return writer.record()
