"""What may be heard behind the voices: generated noise by name, or the user's own recordings of noise."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from askqa_builder.errors import UsageError
from askqa_builder.undecodable import what_is_wrong
from askqa_builder.voices.section import Place, Section, file_name, shown

GENERATED = ("white", "pink", "speech")
"""Noises that need no recording: by their spectra, in `recording.channel.noise`."""

LARGEST_BYTES = 256 << 20
"""Of one file; a quarter of an hour in studio quality. A worker holds what it uses in memory."""

_MOST_FILES = 10_000
_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
_QUIETEST = 1e-5
"""Root mean square, full scale 1, below which a file is silence: −100 dBFS."""

_SHORTEST_SECONDS = 1.0
"""A shorter one would be heard as a rhythm when it is repeated."""


@dataclass(frozen=True)
class NoiseSource:
    """A noise by its name; of a recording, also what is known of it.

    name: one of GENERATED, or the file's name, below a folder's where a folder was given. sha256: of the file, None
    where the noise is generated. licence: of the file, None where unknown. path: the file on this machine; it takes
    no part in comparisons and appears in no dataset.
    """

    name: str
    sha256: str | None = None
    licence: str | None = None
    path: Path | None = field(default=None, compare=False)

    def to_json(self) -> str | dict[str, Any]:
        """Return what manifest and digest say of it, in the form of a profile set's entry."""
        if self.sha256 is None:
            return self.name
        entry = {"file": self.name, "licence": self.licence, "sha256": self.sha256}
        return {key: value for key, value in entry.items() if value is not None}


def read_sources(entries: object, place: Place) -> tuple[NoiseSource, ...]:
    """Read a list of noises: names of GENERATED, `{file:, licence:}` or `{folder:, licence:}`.

    Raises UsageError where one is something else, cannot be read, or is listed twice.
    """
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{place}: {shown(entries)} is not a list of one noise or more; {_allowed()}")
    found: dict[str, NoiseSource] = {}
    for entry in entries:
        for source in _sources(entry, place):
            if source.name in found:
                raise UsageError(f"{place}: {shown(source.name)} is listed twice")
            found[source.name] = source
            if len(found) > _MOST_FILES:
                raise UsageError(f"{place}: more than {_MOST_FILES} recordings; take fewer")
    return tuple(found.values())


def _sources(entry: object, place: Place) -> Iterator[NoiseSource]:
    if isinstance(entry, str) and entry in GENERATED:
        yield NoiseSource(entry)
        return
    if not isinstance(entry, dict):
        raise UsageError(f"{place}: {shown(entry)} is no noise; {_allowed()}")
    kind = "folder" if "folder" in entry else "file"
    keys = ("folder", "licence") if kind == "folder" else ("file", "licence", "sha256")
    section = Section(entry, place, keys, required=(kind,))
    values = {key: section.get(key) for key in (kind, "licence", "sha256")}
    for key, value in values.items():
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise UsageError(f"{section.at(key)}: {shown(value)} is not text")
    if place.folder is None:  # from a manifest, which has no files with it
        yield NoiseSource(values[kind], values["sha256"] or "", values["licence"])
        return
    path = place.folder / file_name(values[kind], section.at(kind))
    if kind == "file":
        yield _read(path, path.name, section.at(kind), values)
        return
    for inside in _recordings(path, section.at(kind)):
        yield _read(inside, f"{path.name}/{inside.relative_to(path).as_posix()}", section.at(kind), values)


def _recordings(folder: Path, place: Place) -> list[Path]:
    if not folder.is_dir():
        raise UsageError(f"{place}: there is no folder {folder}")
    try:
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    except OSError as error:
        raise UsageError(f"{place}: {folder} cannot be read: {error.strerror}") from error
    if not found:
        raise UsageError(f"{place}: {folder} holds no recording; looked for {', '.join(_SUFFIXES)}")
    return found


def _read(path: Path, name: str, place: Place, values: Mapping[str, Any]) -> NoiseSource:
    try:
        size = path.stat().st_size
        if not path.is_file() or size > LARGEST_BYTES:
            raise UsageError(f"{place}: {path.name} is no file of at most {LARGEST_BYTES >> 20} MB; cut it")
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except OSError as error:
        raise UsageError(f"{place}: the recording {path} cannot be read: {error.strerror}") from error
    except soundfile.LibsndfileError as error:
        raise UsageError(f"{place}: {path.name} is not a recording that can be read: {what_is_wrong(error)}") from error
    seconds = len(samples) / rate
    if seconds < _SHORTEST_SECONDS:
        raise UsageError(f"{place}: {path.name} is {seconds:g} s long; {_SHORTEST_SECONDS:g} s is the least")
    level = float(np.sqrt(np.mean(np.square(samples.mean(axis=1)), dtype=np.float64)))
    if not _QUIETEST < level < math.inf:
        raise UsageError(f"{place}: {path.name} is silent, or no sound; leave it out")
    if values["sha256"] not in (None, digest):
        raise UsageError(f"{place}: {path.name} is another recording: its SHA-256 is {digest}")
    return NoiseSource(name, digest, values["licence"], path.resolve())


def _allowed() -> str:
    return f"allowed: {', '.join(GENERATED)}, {{file: noise.wav, licence: …}}, {{folder: noises, licence: …}}"
