"""The files of a mix as `askqa export --to qwen2-audio` writes one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from askqa_builder.export import manifest as export_manifest
from askqa_builder.export.item_files import count_sounds


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def write_manifest(folder: Path, format: str = "qwen2-audio") -> None:
    number, size = count_sounds(folder, "wav")
    sounds = {"files": number, "bytes": size, "seconds": 0.0, "sha256": "0" * 64}
    files = [{"file": "README.md", "records": None, "bytes": 0, "sha256": "0" * 64}]
    content = {"export_version": "1.1", "format": format, "source": {}, "splits": {}, "files": files, "audio": sounds}
    export_manifest.write_manifest(folder, {**content, "rejected": {}})


def texts_of(line: dict[str, Any]) -> list[str]:
    return [part["text"] for message in line["conversation"] for part in message["content"] if part["type"] == "text"]
