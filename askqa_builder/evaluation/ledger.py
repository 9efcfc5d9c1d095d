"""All that was asked of models in a run, and what they said: for audit, and so that nothing is asked twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any

from askqa_builder.dataset.manifest import canonical_digest
from askqa_builder.errors import UsageError
from askqa_builder.files import storage_errors

if TYPE_CHECKING:
    from typing_extensions import Self

Json = dict[str, Any]


class Ledger:
    """A file of JSON lines, one for each answer, that grows while a run goes on; threads may share it.

    A context manager. A line is on the disk before its answer is used. What a kill left of a line is cut off.
    """

    def __init__(self, path: Path) -> None:
        """Read what is there. Raises UsageError where a line is no answer of ours."""
        self._path = path
        self._lock = Lock()
        self._answers: dict[str, Json] = {}
        self._read()

    def __enter__(self) -> Self:
        with storage_errors(f"write to {self._path}"):
            self._file = self._path.open("ab")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._answers)

    def once(self, asked: Mapping[str, Any], ask: Callable[[], Json]) -> Json:
        """Return the answer to a question: what is kept, or what `ask` returns, which is kept from then on.

        asked: all that decides the answer, as JSON. Raises what `ask` raises, of which nothing is kept, and
        StorageError.
        """
        key = canonical_digest(asked)
        with self._lock:
            found = self._answers.get(key)
        if found is not None:
            return found
        answer = ask()
        line = json.dumps({"asked": asked, "answer": answer}, sort_keys=True).encode("ascii") + b"\n"
        with self._lock, storage_errors(f"write to {self._path}"):
            if key not in self._answers:
                self._append(line)
                self._answers[key] = json.loads(json.dumps(answer))  # as another run reads it
            return self._answers[key]

    def _append(self, line: bytes) -> None:
        before = self._file.tell()
        try:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except BaseException:
            os.truncate(self._path, before)
            raise

    def _read(self) -> None:
        if not self._path.exists():
            return
        with storage_errors(f"read {self._path}"), self._path.open("r+b") as file:
            whole = 0
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                self._take(line, number)
                whole += len(line)
            file.truncate(whole)

    def _take(self, line: bytes, number: int) -> None:
        try:
            told = json.loads(line)
            self._answers[canonical_digest(told["asked"])] = dict(told["answer"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(
                f"{self._path}, line {number}: not an answer of this run ({error}); remove the line, or give "
                "--overwrite to begin anew"
            ) from error
