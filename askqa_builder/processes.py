"""Worker processes: spawned clean, without running the caller's script again, with memory set for audio."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.popen_spawn_posix import Popen
from typing import Any

_hiding = threading.Lock()

# malloc.h of glibc; 32 MiB is the most that it takes for the latter
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 1 << 30
_LARGEST_ON_HEAP = 32 << 20


def keep_freed_memory() -> None:
    """Let this process use freed memory again instead of handing it back to the system (glibc only).

    Audio comes and goes by the megabyte; to map fresh pages for it each time costs as much as to measure it.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_ON_HEAP)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def compute_on_one_core() -> None:
    """Let libraries that are loaded from now on compute with one thread: a build has a process for each core."""
    os.environ["OMP_NUM_THREADS"] = "1"


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
    """The multiprocessing context of the worker processes of one pool."""

    Process = WorkerProcess

    def __init__(self) -> None:
        super().__init__()
        self._locks: list[Any] = []

    def RLock(self) -> Any:  # noqa: N802 - multiprocessing's name
        """Make a lock that can be opened by name for as long as this context is there.

        Pebble drops its locks, and with them their names, before it has stopped all workers; one that is just
        starting would end with a traceback.
        """
        lock = super().RLock()
        self._locks.append(lock)
        return lock


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
