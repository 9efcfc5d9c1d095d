"""Locks on folders that several processes write to; each goes with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from askqa_builder.errors import UsageError

LOCK_NAME = "lock"


def lock_folder(state: Path, refusal: str) -> int:
    """Lock a dataset by a file in its folder `state`, and return what `release` takes.

    Raises UsageError with the text `refusal` where another process holds the lock, OSError where the disk refuses.
    """
    path = state / LOCK_NAME
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise UsageError(refusal) from None
        if _same_file(descriptor, path):
            return descriptor
        os.close(descriptor)  # its holder finished and removed it in between
        state.mkdir(parents=True, exist_ok=True)


def release(lock: int) -> None:
    """Let others lock the folder."""
    os.close(lock)


@contextmanager
def turn_in(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a folder for the `with` block, after whoever holds it now; its lock file stays there.

    waiting: called once where another one has it. Raises OSError where the disk refuses.
    """
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
