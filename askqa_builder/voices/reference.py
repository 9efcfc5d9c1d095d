"""A recorded clip of a person, for engines that speak in the voice they are shown."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError

LARGEST_BYTES = 50 << 20
"""Of a clip; five minutes of studio quality."""


@dataclass(frozen=True)
class Reference:
    """A clip and what is known of it. A voice cloned from it goes by `name`.

    path: the audio file on this machine; it takes no part in comparisons and appears in no dataset. sha256: of
    the file. text: what is said in it, which some engines need. licence: of the clip, None where unknown.
    """

    name: str
    file: str
    sha256: str
    text: str | None
    licence: str | None
    path: Path = field(compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return what manifest and digest say of it, in the form of a profile set's entry."""
        entry = {"ref": self.file, "sha256": self.sha256, "speaker": self.name, "text": self.text}
        return {key: value for key, value in {**entry, "licence": self.licence}.items() if value is not None}


def read_reference(path: Path, where: str, name: str, text: str | None, licence: str | None) -> Reference:
    """Look at a clip; where: begins every error. Raises UsageError where it cannot be read."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{where}: {path.name} is not a file")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UsageError(f"{where}: {path.name} is larger than {LARGEST_BYTES >> 20} MB; a clip of 10 s is enough")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"{where}: the recording {path} cannot be read: {error.strerror}") from error
    return Reference(name, path.name, sha256, text, licence, path)
