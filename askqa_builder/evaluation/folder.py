"""The folder of a run: what was said, what was asked, the results."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from askqa_builder.dataset.manifest import DIGEST_KEY, canonical_digest
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.growing_file import read_line
from askqa_builder.files import atomic_write, remove_empty
from askqa_builder.output_folder import OutputFolder

MANIFEST_NAME = "askqa-evaluation.json"

DIALOGUES_KIND, TASKS_KIND = "evaluation", "evaluation of task examples"
"""`kind` in the manifest: of dialogues about a dataset's rows, and of a set of task examples."""

TRAJECTORIES_NAME = "trajectories.jsonl"
ITEMS_NAME = "items.jsonl"
SCORES_NAME = "scores.jsonl"
CALLS_NAME = "calls.jsonl"
EXAMPLES_NAME = "examples.jsonl"
RESPONSES_NAME = "responses.jsonl"
RESULTS_NAME = "results.json"
MARKDOWN_NAME = "results.md"
PAGE_NAME = "report.html"
AUDIO_FOLDER = "audio"

_RECORDING = re.compile(r"[0-9a-f]{16}\.[a-z0-9]+")

T = TypeVar("T")

_FILES = (
    *(MANIFEST_NAME, RESULTS_NAME, MARKDOWN_NAME, PAGE_NAME),
    *(TRAJECTORIES_NAME, ITEMS_NAME, SCORES_NAME, CALLS_NAME, EXAMPLES_NAME, RESPONSES_NAME),
)


class EvaluationFolder(OutputFolder):
    """The folder of a run that goes on; what was asked stays in it when it is finished."""

    making = "askqa evaluate"
    noun = "evaluation"
    manifest_name = MANIFEST_NAME
    owner_name = "evaluation.json"

    def _manifest(self) -> Mapping[str, Any] | None:
        return read_manifest(self.out)

    def _clear(self) -> None:
        for name in _FILES:
            (self.out / name).unlink(missing_ok=True)
        audio = self.out / AUDIO_FOLDER
        for recording in audio.glob("*/*"):
            if _RECORDING.fullmatch(recording.name):
                recording.unlink()
        remove_empty(*audio.glob("*/"), audio)

    def _written_folders(self) -> Iterable[Path]:
        return self.out.glob(f"{AUDIO_FOLDER}/*/")


def beside(evaluated: Path, model: str) -> Path:
    """Return the folder of a run for which none was named: beside what is evaluated, and named after both."""
    name = re.sub(r"[^\w.-]+", "-", model).strip("-.") or "model"
    folder = evaluated.resolve()
    return folder.with_name(f"{folder.name}-evaluation-{name}")


def read_manifest(out: Path) -> dict[str, Any] | None:
    """Return the manifest of a finished run, None where there is none. Raises UsageError where it is damaged."""
    path = out / MANIFEST_NAME
    if not path.exists():
        return None
    try:
        told = json.loads(path.read_text("utf-8"))
        digest = told.pop(DIGEST_KEY)
        if digest != canonical_digest(told):
            raise ValueError("it was changed")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; look at its permissions") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path}: not a manifest of an evaluation ({error}); run again with --overwrite") from error
    found: dict[str, Any] = told
    return found


def write_manifest(out: Path, content: Mapping[str, Any]) -> None:
    """Write the manifest, last of all: with it the run is finished. Raises StorageError."""
    told = {**content, DIGEST_KEY: canonical_digest(content)}
    with atomic_write(out / MANIFEST_NAME) as file:
        file.write((json.dumps(told, indent=1, allow_nan=False) + "\n").encode("ascii"))


def write_text(path: Path, text: str) -> None:
    """Write a file of text; it appears whole or not at all. Raises StorageError."""
    with atomic_write(path) as file:
        file.write(text.encode("utf-8", "replace"))


def write_json_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write a file of JSON lines; it appears whole or not at all. Raises StorageError."""
    with atomic_write(path) as file:
        for line in lines:
            file.write(json.dumps(line, sort_keys=True, allow_nan=False).encode("ascii") + b"\n")


def read_json_lines(path: Path, read: Callable[[Mapping[str, Any]], T]) -> list[T]:
    """Return what a finished run's file holds. Raises UsageError."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; give the folder of a finished evaluation") from error
    return [read_line(path, number, line, read) for number, line in enumerate(lines, 1)]
