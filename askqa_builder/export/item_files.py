"""The files that items have of their own: `audio/<split>/xx/<16 hexadecimal digits>.<suffix>`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from askqa_builder.digests import sha256_of
from askqa_builder.files import remove_empty
from askqa_builder.hearing.clip_files import AUDIO_FOLDER

_FOLDERS = "*/[0-9a-f][0-9a-f]/"
_NAME = re.compile(r"[0-9a-f]{16}\.[a-z0-9.]+", re.ASCII)
_PATH = re.compile(rf"{AUDIO_FOLDER}/[\w-]+/[0-9a-f]{{2}}/{_NAME.pattern}", re.ASCII)


@dataclass(frozen=True)
class ItemFiles:
    """The files of an export's items. files, bytes: of its sounds. sha256: over names and digests of all of them."""

    files: int
    bytes: int
    sha256: str


def read_item_files(out: Path, sound_suffix: str) -> ItemFiles:
    """Read the files of all items, one at a time."""
    hasher = hashlib.sha256()
    files = size = 0
    for path in _paths(out):
        hasher.update(f"{path.relative_to(out).as_posix()} {sha256_of(path)}\n".encode("ascii"))
        if path.name.endswith(f".{sound_suffix}"):
            files += 1
            size += path.stat().st_size
    return ItemFiles(files, size, hasher.hexdigest())


def count_sounds(out: Path, sound_suffix: str) -> tuple[int, int]:
    """Return how many sounds of items there are, and their bytes; none is read."""
    sizes = [path.stat().st_size for path in _paths(out) if path.name.endswith(f".{sound_suffix}")]
    return len(sizes), sum(sizes)


def remove_item_files(out: Path) -> None:
    """Remove the files of all items, and the folders that are empty then."""
    for path in _paths(out):
        path.unlink()
    remove_empty(*item_folders(out), *(out / AUDIO_FOLDER).glob("*/"), out / AUDIO_FOLDER)


def item_folders(out: Path) -> list[Path]:
    """Return the folders that hold such files, in their order."""
    return sorted((out / AUDIO_FOLDER).glob(_FOLDERS))


def is_item_path(path: str) -> bool:
    """Tell whether a path, relative to the export, is that of such a file."""
    return _PATH.fullmatch(path) is not None


def _paths(out: Path) -> Iterator[Path]:
    for folder in item_folders(out):
        yield from sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
