"""A Parquet file in the making, whose writing fails as Python does.

Arrow's writer ends the whole process where its sink raises at a border of content-defined chunks (seen with
Arrow 26: "Check failed: _s.ok()"), be the disk full or Ctrl-C pressed. So the sink never raises: failures wait until
Arrow has returned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from askqa_builder.interrupts import without_interrupts


class _Sink:
    """A file object that hashes what passes through, and keeps its first failure to itself."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file: IO[bytes] | None = file
        self.failure: OSError | None = None
        self.sha256 = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self.size += len(data)
        if self._file is not None:
            self.sha256.update(data)
            self._try(self._file.write, data)
        return len(data)

    def flush(self) -> None:
        if self._file is not None:
            self._try(self._file.flush)

    def discard(self) -> None:
        """Let what is still written go nowhere."""
        self._file = None

    def _try(self, function: Any, *arguments: Any) -> None:
        try:
            function(*arguments)
        except OSError as error:
            self.failure = error
            self.discard()

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


class ParquetFile:
    """Takes tables, in order; made by `open_parquet`."""

    def __init__(self, writer: pq.ParquetWriter, sink: _Sink) -> None:
        self._writer, self._sink = writer, sink

    @property
    def schema(self) -> pa.Schema:
        """What its tables must have."""
        return self._writer.schema

    @property
    def size(self) -> int:
        """Bytes so far; of the file, once its `with` block has ended."""
        return self._sink.size

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes so far, in hexadecimal digits; of the file, once its `with` block has ended."""
        return self._sink.sha256.hexdigest()

    def write(self, group: pa.Table) -> None:
        """Write one row group. Raises OSError."""
        with self._failing():
            self._writer.write_table(group, row_group_size=len(group))

    def add_metadata(self, metadata: dict[str, str]) -> None:
        """Add to the file's metadata."""
        self._writer.add_key_value_metadata(metadata)

    def close(self) -> None:
        """Write the footer. Raises OSError."""
        with self._failing():
            self._writer.close()

    def discard(self) -> None:
        """Close it without writing anything more."""
        self._sink.discard()
        self._sink.failure = None
        self.close()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        with without_interrupts():
            yield
        if self._sink.failure is not None:
            raise self._sink.failure


@contextmanager
def open_parquet(target: IO[bytes], schema: pa.Schema, **options: Any) -> Iterator[ParquetFile]:
    """Write Parquet to an open file. options: of `pyarrow.parquet.ParquetWriter`. Raises OSError."""
    sink = _Sink(target)
    file = ParquetFile(pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, **options), sink)
    try:
        yield file
    except BaseException:
        file.discard()
        raise
    file.close()
