"""`askqa.json`: what a dataset is made of, and by what."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

from askqa_builder.corpus.rejects import Reject, describe
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.errors import UsageError
from askqa_builder.files import atomic_write, storage_errors

MANIFEST_NAME = "askqa.json"
REJECTED_NAME = "rejected.jsonl"
CARD_NAME = "README.md"
DATA_FOLDER = "data"

EXPORT_NAME = "askqa-export.json"
"""The manifest of an export, which is no dataset."""

HISTORY_USE = "history"
"""`use` of a source that gives no conversations of its own, but earlier turns of others."""

_SHARD_FILE = re.compile(DATA_FOLDER + r"/([\w-]+)/([\w-]+)-[0-9]{5}-of-[0-9]{5}\.parquet", re.ASCII)

DIGEST_KEY = "manifest_digest"
"""Key of the digest of all other keys, in the file alone. It is no seal, but an edit does not go unnoticed."""

KIND_KEY = "kind"
"""Key of what it is the manifest of, where that is not a dataset."""

TASKS_KIND = "tasks"
"""A set of task examples."""

_NOUNS = {None: "dataset", TASKS_KIND: "set of task examples"}

SHARED_STORIES_KEY = "stories_in_two_splits"
"""Key of the number of stories that are heard in more than one split."""


def canonical_digest(value: Any) -> str:
    """Return the SHA-256 of a value as JSON with sorted keys and no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_manifest(dataset: Path) -> dict[str, Any] | None:
    """Read a dataset's manifest; None where there is none. Raises UsageError where it is damaged."""
    path = dataset / MANIFEST_NAME
    if not path.exists():
        return None
    try:
        manifest = json.loads(path.read_text("utf-8"))
        for key in ("format_version", "config_digest", "plan_digest", "rejected"):
            manifest[key]
        if not manifest["shards"]:
            raise ValueError("shards is empty")
        for entry in manifest["shards"]:
            _check_shard(entry)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; look at its permissions") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        noun = made_there(dataset)
        raise UsageError(f"{path}: not a manifest of a {noun} ({error}); make it anew with --overwrite") from error
    return {key: value for key, value in manifest.items() if key != DIGEST_KEY}


def noun_of(kind: Any) -> str:
    """Return what a manifest of this kind (`KIND_KEY`) is of, for messages."""
    return _NOUNS.get(kind, describe(kind)) if kind is None or isinstance(kind, str) else describe(kind)


def made_there(folder: Path) -> str:
    """Return the noun of what a folder holds, for messages, where its manifest may be damaged: a dataset if so."""
    try:
        return noun_of(json.loads((folder / MANIFEST_NAME).read_bytes()).get(KIND_KEY))
    except (OSError, ValueError, AttributeError, RecursionError):
        return noun_of(None)


def was_edited(dataset: Path) -> bool:
    """Tell whether the manifest, which can be read, is another one than was written; False where it has no digest."""
    content = json.loads((dataset / MANIFEST_NAME).read_text("utf-8"))
    written = content.pop(DIGEST_KEY, None)
    try:
        return written is not None and written != canonical_digest(content)
    except ValueError:  # a number that JSON lacks, which nothing of ours writes
        return True


def shard_records(manifest: Mapping[str, Any]) -> list[ShardRecord]:
    """Return the shards that a manifest lists, which `read_manifest` has checked; keys of later formats are ignored."""
    names = [field.name for field in fields(ShardRecord)]
    return [ShardRecord(**{name: entry[name] for name in names}) for entry in manifest["shards"]]


def _check_shard(entry: Mapping[str, Any]) -> None:
    """Raise KeyError, TypeError or ValueError where a shard's entry is not one that a build writes.

    Commands write to the files that a manifest names, and a dataset may come from anywhere: a file must lie where a
    build puts it, and nowhere else.
    """
    for name in ("file", "config", "split", "sha256"):
        if not isinstance(entry[name], str):
            raise TypeError(f"shards: {name} is {describe(entry[name])}, not a text")
    for name in ("rows", "bytes"):
        if not isinstance(entry[name], int) or isinstance(entry[name], bool) or entry[name] < 0:
            raise TypeError(f"shards: {name} is {describe(entry[name])}, not a count")
    place = _SHARD_FILE.fullmatch(entry["file"])
    if place is None or place.groups() != (entry["config"], entry["split"]):
        wanted = f"{DATA_FOLDER}/<config>/<split>-NNNNN-of-NNNNN.parquet of its config and split"
        raise ValueError(f"shards: file is {describe(entry['file'])}, not {wanted}")


def write_manifest(dataset: Path, content: dict[str, Any]) -> None:
    """Write the manifest, last of all files: with it a dataset is finished. A digest of it is added."""
    content = {**content, DIGEST_KEY: canonical_digest(content)}
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_write(dataset / MANIFEST_NAME) as file:
        file.write(text.encode("utf-8"))


def read_rejected(dataset: Path) -> list[Reject]:
    """Read `rejected.jsonl`; no entries where there is none. Raises UsageError where it is damaged."""
    path = dataset / REJECTED_NAME
    try:
        lines = path.read_text("ascii").splitlines() if path.exists() else []
        rejects = [Reject(**json.loads(line)) for line in lines]
        for reject in rejects:
            _check_reject(reject)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise UsageError(f"{path}: not readable ({error}); build the dataset anew with --overwrite") from error
    return rejects


def _check_reject(reject: Reject) -> None:
    """Raise TypeError where a value that was read is none of its kind."""
    for name, value in vars(reject).items():
        may_be_null = name in ("id", "index")
        kind = int if name == "index" else str
        if not (isinstance(value, kind) or (value is None and may_be_null)):
            raise TypeError(f"{name} is {describe(value)}")


def write_rejected(dataset: Path, rejects: Iterable[Reject]) -> None:
    """Write `rejected.jsonl`, or remove it where nothing was rejected; one line at a time.

    ASCII with escapes: ids may hold lone surrogates, which UTF-8 has no bytes for.
    """
    path = dataset / REJECTED_NAME
    lines = (json.dumps(reject.to_dict(), ensure_ascii=True).encode("ascii") + b"\n" for reject in rejects)
    first = next(lines, None)
    if first is None:
        with storage_errors(f"remove {path.name}"):
            path.unlink(missing_ok=True)
        return
    with atomic_write(path) as file:
        file.writelines(chain([first], lines))
