"""Which files a build reads, and the split that each belongs to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from askqa_builder.corpus.json_file import parse_json, read_bytes, shown_path
from askqa_builder.corpus.rejects import escape, quote
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
_ABG_COQA_NAME = re.compile(r"coqa[-_]abg.*\.json", re.IGNORECASE)
_ABG_COQA_KEYS = frozenset({"target_turn", "history_turns", "clarification_turn", "ambiguity"})


@dataclass(frozen=True)
class SourceFile:
    """One file of a corpus.

    name: the file's name without its folder, printable, as it appears in a dataset. sha256: of its bytes,
    in hexadecimal. split: train, validation or test.
    """

    path: Path
    name: str
    sha256: str
    split: str

    def read(self) -> bytes:
        """Return the bytes that `sha256` describes. UsageError where they cannot be read or have changed."""
        data = read_bytes(self.path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UsageError(f"{shown_path(self.path)} has changed since the build began; start again")
        return data


def find_sources(source: Path, split: str | None) -> list[SourceFile]:
    """Find the Abg-CoQA files of `source`: in the order train, validation, test, then by name.

    A file is taken as it is; `split`, where given, is its split. Of a folder the `*.json` files are taken
    which are Abg-CoQA by name (`coqa_abg_*.json`, whatever they hold: a damaged one must not pass
    unnoticed) or by content; `split` selects among them. Other valid JSON in the folder is not ours.
    UsageError where there is no such file, where a file cannot be read, and on an unknown split.
    """
    if split is not None and split not in SPLITS:
        raise UsageError(f"unknown split {quote(split)}; the splits are {', '.join(SPLITS)}")
    if not _is_folder(source):
        return [_source_file(source, split or split_of(source))]
    splits = {path: split_of(path) for path in _json_files(source) if _is_ours(path)}
    found = [_source_file(path, own) for path, own in splits.items() if split in (None, own)]
    if not found:
        of_split = f" of the split {split}" if split else ""
        raise UsageError(f"{shown_path(source)} holds no Abg-CoQA file{of_split}; give coqa_abg_*.json files")
    return sorted(found, key=lambda file: (SPLITS.index(file.split), file.name))


def is_abg_coqa(document: object) -> bool:
    """Tell whether parsed JSON has Abg-CoQA's shape; one recognisable item is enough."""
    items = document.get("data") if isinstance(document, dict) else None
    return isinstance(items, list) and any(isinstance(item, dict) and _ABG_COQA_KEYS & item.keys() for item in items)


def _is_folder(source: Path) -> bool:
    try:
        return source.is_dir()
    except OSError as error:
        raise UsageError(f"cannot read {shown_path(source)} ({error.strerror}); check the path") from error


def _json_files(folder: Path) -> list[Path]:
    try:
        visible = [path for path in folder.iterdir() if not path.name.startswith(".")]
        return [path for path in visible if path.suffix.lower() == ".json" and path.is_file()]
    except OSError as error:
        raise UsageError(f"cannot list {shown_path(folder)} ({error.strerror}); check its permissions") from error


def _is_ours(path: Path) -> bool:
    return bool(_ABG_COQA_NAME.fullmatch(path.name)) or is_abg_coqa(parse_json(read_bytes(path), path))


def _source_file(path: Path, split: str) -> SourceFile:
    return SourceFile(path, escape(path.name), hashlib.sha256(read_bytes(path)).hexdigest(), split)


def split_of(path: Path) -> str:
    """Return the split that a file's name says, train where it says none. UsageError where it says two."""
    tokens = re.split(r"[^a-z0-9]+", path.stem.lower())
    named = {_SPLIT_OF_TOKEN[token] for token in tokens if token in _SPLIT_OF_TOKEN}
    if len(named) > 1:
        both = " and ".join(name for name in SPLITS if name in named)
        raise UsageError(f"the name of {shown_path(path)} says {both}; rename it, or give it alone with a split")
    return named.pop() if named else _DEFAULT_SPLIT
