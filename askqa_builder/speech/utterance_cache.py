"""Utterances that were spoken before, on disk.

An entry is one file: a line with the SHA-256 of all that follows, a line of JSON (rate, words), the samples. It
appears whole by being renamed, so any number of processes, also on several machines, may use one folder: the last to
write a key wins, and all write the same. What does not fit its digest is removed, and spoken again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from askqa_builder.errors import StorageError, UsageError
from askqa_builder.files import TEMPORARY_MARK, atomic_write
from askqa_builder.speech.engine import Samples, Speech, WordTime

_LOG = logging.getLogger(__name__)

_MAGIC = b"askqa-utterance-1"
_SUFFIX = ".utterance"
_TEMPORARY = re.compile(rf"\.[0-9a-f]+{re.escape(_SUFFIX + TEMPORARY_MARK)}")
"""What a killed writer of ours leaves; anything else is somebody else's."""

_INT16_SCALE = 32768.0
_ROOM_AFTER_TRIMMING = 0.9
"""Trimming leaves this share of what is allowed, so that it is not needed again at once."""

_LARGEST_UNNOTICED = 256 << 20
_TEMPORARY_SECONDS = 3600.0
"""A temporary file older than this belongs to nobody."""


@dataclass(frozen=True)
class CacheSettings:
    """Where utterances are kept. max_bytes: above it, those that were not used for longest go."""

    folder: Path
    max_bytes: int

    def prepare(self) -> None:
        """Make the folder, and see that it can be written to. Raises UsageError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise UsageError(
                f"cache: {self.folder} cannot be written to ({error.strerror}); give another folder with --cache, "
                "or none"
            ) from error


class UtteranceCache:
    """A folder of speech by key. Made anew in each process that uses it.

    hits, misses, corrupt: how often an entry was found, was not there, was damaged.
    """

    def __init__(self, settings: CacheSettings) -> None:
        self._settings = settings
        self._unnoticed = 0
        self._writable = True
        self.hits = self.misses = self.corrupt = 0

    def get(self, key: str) -> Speech | None:
        """Return the speech of a key, None where there is none that is whole; a damaged entry is removed."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:  # not there; or out of reach, which costs no more than speaking
            self.misses += 1
            return None
        speech = _unpacked(data)
        if speech is None:
            if not self.corrupt:
                _LOG.warning("askqa: a damaged entry of the cache %s is spoken again", self._settings.folder)
            self.corrupt += 1
            with suppress(OSError):
                path.unlink()
            return None
        self.hits += 1
        with suppress(OSError):  # somebody else's folder: the entry counts as older than it is
            os.utime(path)
        return speech

    def put(self, key: str, speech: Speech) -> None:
        """Keep speech. A folder that takes no more is left alone from then on: a build needs no cache."""
        if not self._writable:
            return
        path = self._path(key)
        data = _packed(speech)
        try:
            path.parent.mkdir(exist_ok=True)
            with atomic_write(path, durable=False) as file:
                file.write(data)
        except (StorageError, OSError) as error:
            self._writable = False
            _LOG.warning("askqa: nothing more is cached in %s: %s", self._settings.folder, error)
            return
        self._unnoticed += len(data)
        if self._unnoticed > min(self._settings.max_bytes // 16, _LARGEST_UNNOTICED):
            self.trim()

    def trim(self) -> None:
        """Remove what was not used for longest, where there is more than is allowed, and what killed writers left."""
        self._unnoticed = 0
        entries = []
        oldest_temporary = time.time() - _TEMPORARY_SECONDS
        for path in self._settings.folder.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(OSError):  # another process has removed it
                status = path.stat()
                if _TEMPORARY.match(path.name):
                    if status.st_mtime < oldest_temporary:
                        path.unlink()
                elif path.suffix == _SUFFIX:
                    entries.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        if total <= self._settings.max_bytes:
            return
        for _, size, path in sorted(entries):
            with suppress(OSError):
                path.unlink()
            total -= size
            if total <= self._settings.max_bytes * _ROOM_AFTER_TRIMMING:
                break

    def _path(self, key: str) -> Path:
        return self._settings.folder / key[:2] / f"{key}{_SUFFIX}"


def _packed(speech: Speech) -> bytes:
    stored = _as_stored(speech.samples)
    header = {
        "sample_rate": speech.sample_rate,
        "dtype": stored.dtype.str,
        "words": [[word.start, word.end, word.char_start, word.char_end] for word in speech.words],
    }
    body = json.dumps(header, separators=(",", ":")).encode("ascii") + b"\n" + stored.tobytes()
    return b" ".join((_MAGIC, hashlib.sha256(body).hexdigest().encode("ascii"))) + b"\n" + body


def _unpacked(data: bytes) -> Speech | None:
    title, _, body = data.partition(b"\n")
    if title != b" ".join((_MAGIC, hashlib.sha256(body).hexdigest().encode("ascii"))):
        return None
    header, _, samples = body.partition(b"\n")
    content: dict[str, Any] = json.loads(header)
    words = tuple(WordTime(*word) for word in content["words"])
    return Speech(_as_spoken(np.frombuffer(samples, content["dtype"])), content["sample_rate"], words)


def _as_stored(samples: Samples) -> np.ndarray[Any, Any]:
    """Return samples as 16 bits where these hold them exactly, as of engines that work so; else as they are."""
    scaled = samples * np.float32(_INT16_SCALE)
    quantised = np.clip(np.rint(scaled), -_INT16_SCALE, _INT16_SCALE - 1)
    exact = np.array_equal(quantised, scaled)
    return quantised.astype("<i2") if exact else samples.astype("<f4", copy=False)


def _as_spoken(stored: np.ndarray[Any, Any]) -> Samples:
    if stored.dtype.kind == "i":
        return stored.astype(np.float32) / np.float32(_INT16_SCALE)
    return stored.astype(np.float32)
