"""A recorded clip of a person, for engines that speak in the voice they are shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.voices.emotion import NO_EMOTION, Affect

LARGEST_BYTES = 50 << 20
"""Of a clip; five minutes of studio quality."""


@dataclass(frozen=True)
class Reference:
    """A clip and what is known of it. A voice cloned from it goes by `name`.

    path: the audio file on this machine; it takes no part in comparisons and appears in no dataset. sha256: of
    the file. text: what is said in it, which some engines need. licence: of the clip, None where unknown.
    emotions: by category, clips in which the same speaker sounds so; they have none of their own.
    """

    name: str
    file: str
    sha256: str
    text: str | None
    licence: str | None
    path: Path = field(compare=False)
    emotions: Mapping[str, Reference] = field(default_factory=dict, hash=False)

    @property
    def clips(self) -> tuple[Reference, ...]:
        """All recordings of the speaker, this one first."""
        return (self, *self.emotions.values())

    @property
    def speakable(self) -> frozenset[str]:
        """The categories that can be cloned: none where this clip is all, else neutral, which is this clip, too."""
        return frozenset({NO_EMOTION, *self.emotions}) if self.emotions else frozenset()

    def spoken_from(self, emotion: Affect | None) -> Reference:
        """Return the clip to clone for an emotion: this one where there is none of the category."""
        return self if emotion is None else self.emotions.get(emotion.category or "", self)

    def to_json(self) -> dict[str, Any]:
        """Return what manifest and digest say of it, in the form of a profile set's entry."""
        entry = {"ref": self.file, "sha256": self.sha256, "speaker": self.name, "text": self.text}
        told = {key: value for key, value in {**entry, "licence": self.licence}.items() if value is not None}
        emotions = {category: clip._without_name() for category, clip in sorted(self.emotions.items())}
        return {**told, "emotions": emotions} if emotions else told

    def _without_name(self) -> dict[str, Any]:
        return {key: value for key, value in self.to_json().items() if key != "speaker"}


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
