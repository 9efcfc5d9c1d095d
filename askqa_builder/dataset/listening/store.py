"""What has been heard so far, kept on disk while something is listened to: a kill at any moment loses one batch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from askqa_builder.errors import StorageError
from askqa_builder.files import storage_errors

SUFFIX = ".sqlite"
"""Of stores' names."""

Value = str | float
"""A text, or a score."""

_TABLE = """
CREATE TABLE IF NOT EXISTS heard (
  listener TEXT, clip BLOB, value, PRIMARY KEY (listener, clip)
) WITHOUT ROWID
"""


class HeardStore:
    """Values by listener and clip; use as a context manager. Raises StorageError where the disk refuses.

    listener: digest of all that can change a value. clip: digest of the samples, so that a part which several rows
    share is heard once. Memory does not grow with what is kept.
    """

    def __init__(self, file: Path) -> None:
        """Open the store, in a folder that is there."""
        self._file = file
        with self._errors():
            self._connection = sqlite3.connect(file)
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(_TABLE)

    def __enter__(self) -> HeardStore:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def __contains__(self, key: tuple[str, bytes]) -> bool:
        """Tell whether a listener has listened to a clip."""
        return self._find(*key) is not None

    def value(self, listener: str, clip: bytes) -> Value:
        """Return what a listener heard in a clip. Raises KeyError where it has not listened to it."""
        found = self._find(listener, clip)
        if found is None:
            raise KeyError((listener, clip.hex()))
        return found[0]

    def _find(self, listener: str, clip: bytes) -> tuple[Value] | None:
        with self._errors():
            query = "SELECT value FROM heard WHERE listener = ? AND clip = ?"
            found: tuple[Value] | None = self._connection.execute(query, (listener, clip)).fetchone()
        return found

    def add(self, listener: str, values: Mapping[bytes, Value]) -> None:
        """Keep values by clip, all or none of them."""
        with self._errors(), self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO heard VALUES (?, ?, ?)",
                [(listener, clip, value) for clip, value in values.items()],
            )

    def remove(self) -> None:
        """Close the store and forget what it kept."""
        self._connection.close()
        with storage_errors(f"remove {self._file.name}"):
            self._file.unlink()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            remedy = "free some space, or remove it to begin anew, and run again"
            raise StorageError(f"cannot use {self._file.parent.name}/{self._file.name}: {error}; {remedy}") from error
