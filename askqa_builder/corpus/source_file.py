"""A file of a corpus, as a build found it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from askqa_builder.corpus.json_file import read_bytes, shown_path
from askqa_builder.errors import UsageError


@dataclass(frozen=True)
class SourceFile:
    """One file of a corpus.

    name: the file's name without its folder, printable, as it appears in a dataset. sha256: of its bytes,
    in hexadecimal. split: train, validation or test. format: name of its format, a key of `formats.FORMATS`.
    """

    path: Path
    name: str
    sha256: str
    split: str
    format: str

    def read(self) -> bytes:
        """Return the bytes that `sha256` describes. UsageError where they cannot be read or have changed."""
        data = read_bytes(self.path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UsageError(f"{shown_path(self.path)} has changed since the build began; start again")
        return data
