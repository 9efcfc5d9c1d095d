"""Recordings in a folder, and the windows of one, streamed: memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from askqa_builder.errors import UsageError
from askqa_builder.styles.windows import Window, Windowing
from askqa_builder.undecodable import quiet_decoders, what_is_wrong

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus")

SILENCE = 1e-3
"""Root mean square of full scale, -60 dBFS: nobody listens to a window that is fainter."""

_BLOCK_SECONDS = 30.0


class RecordingError(Exception):
    """A recording cannot be annotated. reason: a slug to count by."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Recording:
    """A file. name: relative to the folder, with slashes."""

    path: Path
    name: str
    size: int
    changed: int

    @property
    def seconds(self) -> float:
        """Its length as its header says; 0 where it says none."""
        try:
            with quiet_decoders():
                return float(soundfile.info(self.path).duration)
        except (soundfile.LibsndfileError, OSError):
            return 0.0


def find_recordings(folder: Path) -> list[Recording]:
    """Return the recordings in a folder and those below it, by name; hidden ones are not looked at.

    Raises UsageError where there are none.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; give one with {', '.join(SUFFIXES)} files")
    found = []
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        leads_nowhere = path.is_symlink() and not path.exists()  # it is named among what cannot be read
        if path.suffix.lower() in SUFFIXES and not hidden and (path.is_file() or leads_nowhere):
            status = path.lstat() if leads_nowhere else path.stat()
            found.append(Recording(path, relative.as_posix(), status.st_size, status.st_mtime_ns))
    if not found:
        raise UsageError(f"{folder}: holds no recordings; give a folder with {', '.join(SUFFIXES)} files")
    return sorted(found, key=lambda recording: recording.name)


@dataclass(frozen=True, eq=False)
class HeardWindow:
    """A window with what is heard of it: mono samples from heard_start to heard_end. silent: the labelled part is."""

    window: Window
    samples: NDArray[np.float32]
    silent: bool


@dataclass(frozen=True)
class Header:
    """What a recording is."""

    sampling_rate: int
    channels: int


def read_header(recording: Recording) -> Header:
    """Raises RecordingError where the file cannot be read."""
    try:
        with quiet_decoders():
            info = soundfile.info(recording.path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise _unreadable(error) from error
    return Header(int(info.samplerate), int(info.channels))


def heard_windows(recording: Recording, windowing: Windowing) -> Iterator[HeardWindow]:
    """Decode a recording, mix its channels down to one, and yield its windows as `Windowing.cut` cuts all of it.

    Raises RecordingError where it cannot be decoded, is empty, or holds what is no number.
    """
    try:
        with quiet_decoders():
            file = soundfile.SoundFile(recording.path)
        with file:
            yield from _windows(file, windowing)
    except (soundfile.LibsndfileError, OSError) as error:
        raise _unreadable(error) from error


def _windows(file: soundfile.SoundFile, windowing: Windowing) -> Iterator[HeardWindow]:
    rate = file.samplerate
    step, beside = windowing.step(rate), windowing.beside(rate)
    block = max(round(_BLOCK_SECONDS * rate), step)
    held = np.zeros(0, np.float32)
    first, start = 0, 0  # of what is held, and of the next window
    while len(read := _read(file, block)):
        if not np.isfinite(read).all():
            raise RecordingError("not_finite", "samples that are no numbers; write the file anew")
        held = np.concatenate([held[max(start - beside - first, 0) :], read.mean(axis=1, dtype=np.float32)])
        first = max(start - beside, first)
        end = first + len(held)
        while end - start - step >= max(beside, (step + 1) // 2):  # whatever follows, this window is a whole one
            window = Window(start, start + step, max(start - beside, 0), start + step + beside)
            yield _heard(window, held, first)
            start += step
    end = first + len(held)
    if end == 0:
        raise RecordingError("empty", "no samples; leave the file out")
    for window in windowing.cut(start, end, rate, heard_from=0):
        yield _heard(window, held, first)


def _read(file: soundfile.SoundFile, block: int) -> NDArray[np.float32]:
    with quiet_decoders():
        return np.asarray(file.read(block, dtype="float32", always_2d=True))


def _heard(window: Window, held: NDArray[np.float32], first: int) -> HeardWindow:
    labelled = held[window.start - first : window.end - first].astype(np.float64)
    silent = bool(np.sqrt(np.mean(labelled**2)) < SILENCE)
    return HeardWindow(window, held[window.heard_start - first : window.heard_end - first], silent)


def _unreadable(error: Exception) -> RecordingError:
    return RecordingError("unreadable", f"{what_is_wrong(error)}; write the file anew, or leave it out")
