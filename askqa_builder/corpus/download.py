"""Files from the web: whole, checked, and kept for the next time.

A folder holds the files under their own names. What belongs to them is in its `.download/`: `lock`, and by file
`NAME.part` (what has come so far), `NAME.part-of` (of what that is the beginning) and `NAME.record` (what came).
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from askqa_builder.corpus.receiving import AwayError, DownloadError, GoneError, Part, receive
from askqa_builder.digests import sha256_of
from askqa_builder.files import atomic_write, storage_errors, sync_folder
from askqa_builder.locking import turn_in

STATE_FOLDER = ".download"

MOST_TRIES = 6
"""Tries of one file at one address."""

MOST_UNREACHED_TRIES = 3
"""Tries while no server is reached: who is offline should know soon."""

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class RemoteFile:
    """A file that can be downloaded.

    addresses: URLs; the next one is asked where there is no such file at the one before. sha256: of its bytes, in
    hexadecimal; None where it is not known: then what comes first is remembered, and a later download must be the same.
    """

    name: str
    addresses: tuple[str, ...]
    sha256: str | None


@dataclass(frozen=True)
class Record:
    """What was downloaded. bytes: its size."""

    url: str
    bytes: int
    sha256: str


def fetch(file: RemoteFile, folder: Path, is_right: Callable[[bytes], bool]) -> Path:
    """Return the file's path in `folder`; it is downloaded unless it lies there as it came.

    is_right: tells from the content whether it is such a file at all, and not the page of a network that wants a
    sign-in. Processes that want files in the same folder take turns. Raises DownloadError where the file cannot be
    had, StorageError where the disk is full or refuses.
    """
    path = folder / file.name
    if _is_here(path, file.sha256):  # without a lock: a folder that is complete may be read-only
        return path
    with ExitStack() as stack:
        with storage_errors(f"keep downloads in {folder}"):
            (folder / STATE_FOLDER).mkdir(parents=True, exist_ok=True)
            waiting = f"waiting for another download into {folder}"
            stack.enter_context(turn_in(folder / STATE_FOLDER, lambda: _LOG.info(waiting)))
        if not _is_here(path, file.sha256):  # who had the turn before may have fetched it
            _fetch(path, file, is_right)
    return path


def read_record(path: Path) -> Record | None:
    """Return what was downloaded to `path`; None where nobody knows."""
    try:
        return Record(**json.loads(_record_path(path).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _is_here(path: Path, pinned: str | None) -> bool:
    expected = pinned or _remembered(path)
    with storage_errors(f"read {path}"):
        return expected is not None and path.is_file() and sha256_of(path) == expected


def _fetch(path: Path, file: RemoteFile, is_right: Callable[[bytes], bool]) -> None:
    """Download to `path`, check, remember. The record comes first: a file without one is fetched again."""
    part = Part(path.parent / STATE_FOLDER, file.name)
    expected = file.sha256 or _remembered(path)
    url, pieced = _download(file.addresses, part)
    if pieced and expected not in (None, sha256_of(part.path)):
        part.discard()  # the pieces may not belong together, whatever the server says
        url, _ = _download(file.addresses, part)
    found = sha256_of(part.path)
    if expected not in (None, found):
        part.discard()
        known = "" if file.sha256 else f", as it was first downloaded (to accept the new one, delete {path.parent})"
        raise DownloadError(url, f"its SHA-256 is {found}, not {expected}{known}")
    if not is_right(part.path.read_bytes()):
        part.discard()
        raise DownloadError(url, "what came is no such file; does a proxy or a sign-in page answer instead?")
    with atomic_write(_record_path(path)) as record:
        record.write(json.dumps(asdict(Record(url, part.size, found)), indent=1).encode("ascii") + b"\n")
    with storage_errors(f"write {path}"):
        part.path.replace(path)
        sync_folder(path.parent)
    part.discard()


def _download(addresses: Sequence[str], part: Part) -> tuple[str, bool]:
    """Receive all of `part`; returns from which address it came, and whether in several pieces."""
    for url in addresses[:-1]:
        with suppress(GoneError):
            return url, _receive_patiently(url, part)
    return addresses[-1], _receive_patiently(addresses[-1], part)


def _receive_patiently(url: str, part: Part) -> bool:
    """Ask again while the server is away, in waits that double, drawn between half and all of that."""
    wait, unreached = _FIRST_WAIT, 0
    for tried in range(1, MOST_TRIES + 1):
        try:
            return receive(url, part)
        except AwayError as trouble:
            unreached += not trouble.reached
            if tried == MOST_TRIES or unreached == MOST_UNREACHED_TRIES:
                raise
            pause = max(wait * random.uniform(0.5, 1.0), min(trouble.retry_after, _LONGEST_WAIT))
            if trouble.reached:  # who is offline is told once, in the end
                _LOG.info("%s: %s; trying again in %.1f s", part.name, trouble.why, pause)
            time.sleep(pause)
            wait = min(2 * wait, _LONGEST_WAIT)
    raise AssertionError("the last try returns or raises")


def _remembered(path: Path) -> str | None:
    record = read_record(path)
    return None if record is None else record.sha256


def _record_path(path: Path) -> Path:
    return path.parent / STATE_FOLDER / f"{path.name}.record"
