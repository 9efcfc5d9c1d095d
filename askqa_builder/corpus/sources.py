"""Which files a build reads, and the split that each belongs to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from askqa_builder.corpus.formats import ABG_COQA, COQA, FORMATS, JSON, JSON_LINES, SUPPORTED, recognise
from askqa_builder.corpus.json_file import read_bytes, shown_path
from askqa_builder.corpus.rejects import escape, quote
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.errors import UsageError

SPLITS = ("train", "validation", "test")

_SPLIT_OF_TOKEN: Mapping[str, str] = {
    "train": "train",
    "val": "validation",
    "dev": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
_DEFAULT_SPLIT = "train"  # of a file whose name says none, as in the `datasets` library


def find_sources(source: Path, split: str | None) -> list[SourceFile]:
    """Find the files of the corpus `source`: in the order train, validation, test, then by name.

    A file is taken as it is; `split`, where given, is its split. Of a folder the `*.json` and `*.jsonl` files are
    taken that are of a known format by content, or by name, such as `coqa_abg_*.json`: a damaged one must not pass
    unnoticed. `split` selects among them. Others that are valid are not ours. All files are of one format.
    UsageError where there is no such file, where a file cannot be read or is of no known format, where a folder holds
    several formats, and on an unknown split.
    """
    if split is not None and split not in SPLITS:
        raise UsageError(f"unknown split {quote(split)}; the splits are {', '.join(SPLITS)}")
    if not _is_folder(source):
        file = _source_file(source, split or split_of(source))
        if file is None:
            raise UsageError(f"{shown_path(source)} is of no known format; supported are {SUPPORTED}")
        return [file]
    files = [file for path in _json_files(source) if (file := _source_file(path, None)) is not None]
    _check_same_format(source, files)
    found = [file for file in files if split in (None, file.split)]
    if not found:
        of_split = f" of the split {split}" if split else ""
        raise UsageError(f"{shown_path(source)} holds no file of a known format{of_split}; supported are {SUPPORTED}")
    return sorted(found, key=lambda file: (SPLITS.index(file.split), file.name))


def _check_same_format(folder: Path, files: Sequence[SourceFile]) -> None:
    """Raise UsageError where files of several formats lie side by side: nobody can say which of them is meant."""
    first = {file.format: file.name for file in reversed(files)}
    if len(first) > 1:
        listed = ", ".join(f"{FORMATS[format].title} ({name})" for format, name in sorted(first.items()))
        hint = "; CoQA as the history of Abg-CoQA is named with --coqa" if first.keys() == {ABG_COQA, COQA} else ""
        raise UsageError(f"{shown_path(folder)} holds several corpora: {listed}; give one file, or part them{hint}")


def _is_folder(source: Path) -> bool:
    try:
        return source.is_dir()
    except OSError as error:
        raise UsageError(f"cannot read {shown_path(source)} ({error.strerror}); check the path") from error


def _json_files(folder: Path) -> list[Path]:
    try:
        visible = [path for path in folder.iterdir() if not path.name.startswith(".")]
        return [path for path in sorted(visible) if path.suffix.lower() in (JSON, JSON_LINES) and path.is_file()]
    except OSError as error:
        raise UsageError(f"cannot list {shown_path(folder)} ({error.strerror}); check its permissions") from error


def _source_file(path: Path, split: str | None) -> SourceFile | None:
    """Describe a file, None where it is of no known format. split: where its name does not count."""
    data = read_bytes(path)
    format = recognise(path, data)
    if format is None:
        return None
    digest = hashlib.sha256(data).hexdigest()
    return SourceFile(path, escape(path.name), digest, split or split_of(path), format.name)


def split_of(path: Path) -> str:
    """Return the split that a file's name says, train where it says none. UsageError where it says two."""
    tokens = re.split(r"[^a-z0-9]+", path.stem.lower())
    named = {_SPLIT_OF_TOKEN[token] for token in tokens if token in _SPLIT_OF_TOKEN}
    if len(named) > 1:
        both = " and ".join(name for name in SPLITS if name in named)
        raise UsageError(f"the name of {shown_path(path)} says {both}; rename it, or give it alone with a split")
    return named.pop() if named else _DEFAULT_SPLIT
