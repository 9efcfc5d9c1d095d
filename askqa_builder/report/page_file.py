"""Where a page may be written: never over anything but an earlier page of ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from askqa_builder.errors import UsageError
from askqa_builder.files import atomic_write

MARK = '<meta name="generator" content="askqa-builder">'
"""Stands near the beginning of every page, and tells it from other files."""

_BEGINNING = 2000


def page_path(out: str | Path | None, folders: Sequence[Path], what: str) -> Path:
    """Return the file to write: `out`, or where that is None one in the current folder that is called after datasets.

    what: kind of page, the end of that name. Raises UsageError where something stands there that is no page of ours.
    """
    names = "-and-".join(dict.fromkeys(folder.resolve().name or "dataset" for folder in folders))
    path = Path(f"{names}-{what}.html") if out is None else Path(out)
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{path}: there is no such folder; make it first")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give a file")
    if path.exists() and not _is_ours(path):
        raise UsageError(f"{path} exists and is no page of askqa's; remove it or name another file")
    if any(folder.resolve() in path.resolve().parents for folder in folders):
        raise UsageError(f"{path} lies in the dataset; name a file elsewhere")
    return path


def write_page(path: Path, page: str) -> None:
    """Write a page whole or not at all. What UTF-8 has no bytes for, as lone surrogates, becomes a question mark."""
    with atomic_write(path) as file:
        file.write(page.encode("utf-8", "replace"))


def _is_ours(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return MARK.encode("ascii") in file.read(_BEGINNING)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; name another file") from error
