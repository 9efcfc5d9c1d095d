"""`askqa-export.json`: what an export was made from, and what proves that it is as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from askqa_builder.dataset.manifest import EXPORT_NAME
from askqa_builder.errors import UsageError
from askqa_builder.files import atomic_write

_COUNT = {"type": "integer", "minimum": 0}
_COUNTS = {"type": "object", "additionalProperties": _COUNT}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_FILE = {
    "type": "object",
    "required": ["file", "records", "bytes", "sha256"],
    "properties": {"file": {"type": "string"}, "records": {"type": ["integer", "null"]}, "sha256": _SHA256},
}
_AUDIO = {
    "type": "object",
    "required": ["files", "bytes", "seconds", "sha256"],
    "properties": {"files": _COUNT, "bytes": _COUNT, "seconds": {"type": "number"}, "sha256": _SHA256},
}
_SCHEMA = {
    "type": "object",
    "required": ["export_version", "format", "source", "splits", "files", "audio", "rejected"],
    "properties": {
        "format": {"type": "string"},
        "splits": _COUNTS,
        "files": {"type": "array", "minItems": 1, "items": _FILE},
        "audio": _AUDIO,
        "rejected": _COUNTS,
    },
}

_FILE_ENTRY = re.compile(r'"file": "([^"\\]+)"')
_FILE_NAME = re.compile(r"(?!\.)[\w.-]+(/(?!\.)[\w.-]+)*", re.ASCII)


def read_manifest(out: Path) -> dict[str, Any] | None:
    """Return the manifest of a finished export; None where there is none. Raises UsageError where it is damaged."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    path = out / EXPORT_NAME
    if not path.exists():
        return None
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        fault = best_match(Draft202012Validator(_SCHEMA).iter_errors(manifest))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; look at its permissions") from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    if fault is not None:
        raise _damaged(path, f"{fault.json_path} is not as exports have it")
    return manifest


def write_manifest(out: Path, content: Mapping[str, Any]) -> None:
    """Write the manifest, last of all files: with it the export is finished."""
    with atomic_write(out / EXPORT_NAME) as file:
        file.write((json.dumps(content, indent=1) + "\n").encode("ascii"))


def files_named(out: Path) -> list[str]:
    """Return the files that a manifest names, also a damaged one, where they are names that an export gives."""
    try:
        text = (out / EXPORT_NAME).read_text("ascii", errors="replace")
    except FileNotFoundError:
        return []
    return [name for name in _FILE_ENTRY.findall(text) if is_file_name(name)]


def is_file_name(name: str) -> bool:
    """Tell whether it is the name of a file below the export, of which none is hidden."""
    return _FILE_NAME.fullmatch(name) is not None


def _damaged(path: Path, fault: str) -> UsageError:
    return UsageError(f"{path}: not a manifest of an export ({fault}); make the export anew with --overwrite")
