"""All that was asked of models in a run, and what they said: for audit, and so that nothing is asked twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from askqa_builder.dataset.manifest import canonical_digest
from askqa_builder.evaluation.growing_file import GrowingFile

Json = dict[str, Any]


class Ledger:
    """Keeps answers in a file, from its opening on; threads may share it."""

    def __init__(self, file: GrowingFile[tuple[str, Json]]) -> None:
        """Begin with what an open file has of earlier runs (`read_call`)."""
        self._file = file
        self._lock = Lock()
        self._answers = dict(file.lines)

    def __len__(self) -> int:
        """How many answers are kept."""
        with self._lock:
            return len(self._answers)

    def knows(self, asked: Mapping[str, Any]) -> bool:
        """Tell whether the answer to a question is kept."""
        with self._lock:
            return canonical_digest(asked) in self._answers

    def once(self, asked: Mapping[str, Any], ask: Callable[[], Json]) -> Json:
        """Return the answer to a question: what is kept, or what `ask` returns, which is kept from then on.

        asked: all that decides the answer within this run, as JSON. Raises what `ask` raises, of which nothing is kept,
        and StorageError.
        """
        key = canonical_digest(asked)
        with self._lock:
            found = self._answers.get(key)
        if found is not None:
            return found
        answer: Json = json.loads(json.dumps(ask()))  # as another run reads it
        self._file.append({"asked": asked, "answer": answer})
        with self._lock:
            self._answers[key] = answer
        return answer


def read_call(told: Mapping[str, Any]) -> tuple[str, Json]:
    """Read a line of the file."""
    return canonical_digest(told["asked"]), dict(told["answer"])
