"""A file of JSON lines that grows, line by line, and survives a kill at any moment."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from askqa_builder.errors import UsageError
from askqa_builder.files import storage_errors

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")


class GrowingFile(Generic[T]):
    """Lines are appended, each on the disk before `append` returns; threads may share it.

    A context manager. lines: what was there when it was opened; what a kill had left of a line is cut off.
    """

    def __init__(self, path: Path, read: Callable[[Mapping[str, Any]], T]) -> None:
        """Prepare. read: makes a value of a line's JSON; raises KeyError, TypeError or ValueError where it is none."""
        self._path = path
        self._read = read
        self._lock = Lock()
        self.lines: list[T] = []

    def __enter__(self) -> Self:
        """Open it. Raises UsageError where a line is not as it was written, StorageError where the disk refuses."""
        with storage_errors(f"write to {self._path}"):
            self._file = self._path.open("ab", buffering=0)  # or what a full disk refuses would wait
            try:
                self._take_lines()
            except BaseException:
                self._file.close()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, told: Mapping[str, Any]) -> None:
        """Add a line. Raises StorageError; then there is nothing of it."""
        line = json.dumps(told, sort_keys=True, allow_nan=False).encode("ascii") + b"\n"
        with self._lock, storage_errors(f"write to {self._path}"):
            before = self._file.seek(0, os.SEEK_END)
            try:
                written = 0
                while written < len(line):
                    written += self._file.write(line[written:])
                os.fsync(self._file.fileno())
            except BaseException:
                os.truncate(self._path, before)
                raise

    def _take_lines(self) -> None:
        whole = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                self.lines.append(read_line(self._path, number, line, self._read))
                whole += len(line)
        self._file.truncate(whole)


def read_line(path: Path, number: int, line: bytes, read: Callable[[Mapping[str, Any]], T]) -> T:
    """Return what a line of a file holds. Raises UsageError."""
    try:
        return read(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{path}, line {number}: not as it was written ({type(error).__name__}: {error}); remove the line and run "
            "again, or give --overwrite to begin anew"
        ) from error
