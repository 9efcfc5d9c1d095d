"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from askqa_builder.errors import StorageError, UsageError

TEMPORARY_MARK = ".tmp-"


@contextmanager
def atomic_write(path: Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `path`; it takes the name when the block ends without an error.

    The temporary name starts with a dot, because `load_dataset(folder)` reads every other file it finds.
    durable: flush to the disk before the name appears, and the name after it. Without it a power cut may
    leave a torn file under the name, so the reader must check a digest.

    Raises StorageError where the disk is full or refuses.
    """
    # not by process number alone: processes of several machines may share a folder
    temporary = path.with_name(f".{path.name}{TEMPORARY_MARK}{os.getpid()}-{secrets.token_hex(4)}")
    with storage_errors(f"write {path.name}"):
        try:
            file = temporary.open("wb")
            try:
                yield file
                file.flush()
            except BaseException:
                with suppress(OSError):  # what waits in its buffer is not wanted, and may not fit the disk
                    file.close()
                raise
            if durable:
                os.fsync(file.fileno())
            file.close()
            temporary.replace(path)
            if durable:
                sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def write_file(path: Path, data: bytes) -> None:
    """Write a file as `atomic_write` does, and make the folders that it lies in. Raises StorageError."""
    with storage_errors(f"write to {path.parent}"):
        path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as target:
        target.write(data)


@contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turn an OSError of the `with` block into a StorageError; doing: completes "cannot …"."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, None)
        remedy = "free some space and run again" if full else "look at the folder's permissions and run again"
        raise StorageError(f"cannot {doing}: {error.strerror or error}; {remedy}") from error


def sync_folder(folder: Path) -> None:
    """Flush a folder's names to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_temporaries(folder: Path) -> None:
    """Remove what killed writers left in `folder`."""
    for path in folder.glob(f".*{TEMPORARY_MARK}*"):
        path.unlink(missing_ok=True)


def remove_empty(*folders: Path) -> None:
    """Remove folders in this order, but for those that are not empty: the user keeps something there."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def size_told(size: float) -> str:
    """Return bytes as people read them: "3.20 GB", "415 MB"."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def keep_apart(source: Path, out: Path) -> None:
    """Refuse to write into the folder that something is made from, or around it. Raises UsageError."""
    here, there = source.resolve(), out.resolve()
    if here.is_relative_to(there) or there.is_relative_to(here):
        raise UsageError(f"{out} and {source} lie in each other; choose a folder elsewhere")
