"""Write one Parquet shard: atomically, with pyarrow alone, laid out for `datasets` and for the Hub."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

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

    def discard(self) -> None:
        """Let what is still written go nowhere."""
        self._file = io.BytesIO()

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


class ShardWriter:
    """Takes the rows of one shard, in order, in batches cut anywhere; made by `open_shard`.

    Rows are regrouped by the bytes of their audio, so that the file depends on the rows alone. In memory are the
    batches of one row group.
    """

    def __init__(self, parquet: pq.ParquetWriter, sink: _HashingFile, file: str, config: str, split: str) -> None:
        self._parquet, self._sink = parquet, sink
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
        self._parquet.add_key_value_metadata({"content_defined_chunking": json.dumps(_CHUNKING)})

    def record(self) -> ShardRecord:
        """Return what the manifest says of the shard, once its `with` block has ended."""
        return ShardRecord(
            self._file, self._config, self._split, self._rows, self._sink.size, self._sink.sha256.hexdigest()
        )

    def _write_group(self) -> None:
        if self._waiting:
            group = pa.Table.from_batches(self._waiting, self._parquet.schema)
            self._parquet.write_table(group, row_group_size=len(group))
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
    with atomic_write(dataset / file) as target:
        sink = _HashingFile(target)
        parquet = pq.ParquetWriter(
            pa.PythonFile(sink, mode="w"),
            schema,
            compression={leaf: "none" if leaf in _AUDIO_LEAVES else "zstd" for leaf in leaves},
            use_dictionary=others,
            column_encoding={leaf: "PLAIN" for leaf in leaves if leaf in _AUDIO_LEAVES},
            write_statistics=others,
            use_content_defined_chunking=_CHUNKING,
            write_page_index=True,
        )
        writer = ShardWriter(parquet, sink, file, config, split)
        try:
            yield writer
            writer.finish()
        except BaseException:
            sink.discard()  # closing writes a footer, for which a full disk has no room
            raise
        finally:
            parquet.close()


def write_shard(
    dataset: Path, file: str, batches: Iterable[pa.RecordBatch], *, config: str, split: str, sampling_rate: int
) -> ShardRecord:
    """Write all rows of a shard at once, as `open_shard` does."""
    with open_shard(dataset, file, config=config, split=split, sampling_rate=sampling_rate) as writer:
        for batch in batches:
            writer.write(batch)
    return writer.record()
