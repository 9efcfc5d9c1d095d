"""Worker processes that start clean: spawned, and without running the caller's script again."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.popen_spawn_posix import Popen
from typing import Any

_hiding = threading.Lock()


class WorkerProcess(SpawnProcess):
    """A spawned process that does not import the main module.

    `spawn` runs the user's script once more in each process, which starts another build there unless the
    script guards itself with `if __name__ == "__main__"`; from a notebook or standard input it fails. Our
    workers need nothing of that module.
    """

    @staticmethod
    def _Popen(process: WorkerProcess) -> Popen:  # type: ignore[override]  # noqa: N802 - multiprocessing's name
        with _hidden_main():
            return Popen(process)


class WorkerContext(SpawnContext):
    """The multiprocessing context of worker processes."""

    Process = WorkerProcess


@contextmanager
def _hidden_main() -> Iterator[None]:
    """Hide from `spawn` where the main module came from, for as long as one process is started."""
    main = sys.modules["__main__"]
    with _hiding:
        hidden: dict[str, Any] = {name: vars(main).pop(name) for name in ("__file__", "__spec__") if name in vars(main)}
        main.__spec__ = None
        try:
            yield
        finally:
            vars(main).update(hidden)
