"""The folder that `askqa export ... --to qwen2-audio` wrote: whether it is one, before a model is loaded for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from askqa_builder.corpus.json_file import shown_path
from askqa_builder.corpus.rejects import quote
from askqa_builder.dataset.manifest import EXPORT_NAME, MANIFEST_NAME
from askqa_builder.errors import UsageError
from askqa_builder.export.item_files import count_sounds
from askqa_builder.export.manifest import read_manifest
from askqa_builder.output_folder import STATE_FOLDER

FORMAT = "qwen2-audio"
_EXPORT = f"askqa export TASKS OUT --to {FORMAT}"


def split_file(folder: Path, split: str) -> Path:
    """Return the file of a split. Raises UsageError where the folder is no finished export for Qwen2-Audio with one."""
    shown = shown_path(folder)
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "no such folder"
        raise UsageError(f"{shown}: {what}; give the folder that {_EXPORT} wrote")
    manifest = _manifest(folder)
    if manifest["format"] != FORMAT:
        other = quote(manifest["format"])
        raise UsageError(f"{shown}: is an export as {other}, not as {FORMAT}; make one with {_EXPORT}")
    path = folder / f"{split}.jsonl"
    if not path.is_file():
        there = ", ".join(sorted(one.stem for one in folder.glob("*.jsonl"))) or "none"
        raise UsageError(
            f"{shown}: has no {path.name} (splits: {there}); make a task set that has the split {split}, and export it"
        )
    return path


def check_sounds(folder: Path) -> None:
    """Raise UsageError where a finished export does not hold as many clips and bytes of them as were written.

    Their contents are not read: that would take as long as reading them all for training.
    """
    manifest = _manifest(folder)
    found = count_sounds(folder, "wav")
    written = manifest["audio"]["files"], manifest["audio"]["bytes"]
    if found != written:
        raise UsageError(
            f"{shown_path(folder)}: has {found[0]} clips of {found[1]} bytes, not {written[0]} of {written[1]} as were "
            "written; run the same askqa export again, which makes anew what is damaged"
        )


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a finished export. Raises UsageError where the folder holds none."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"{shown_path(folder)}: {_why_no_export(folder)}")
    return manifest


def _why_no_export(folder: Path) -> str:
    if (folder / STATE_FOLDER).is_dir():
        return "is not finished; run the same command again that was writing to it"
    if (folder / MANIFEST_NAME).is_file():
        return f"is a dataset or a task set and no export; run {_EXPORT} on a task set, and give OUT"
    return f"is no export, it has no {EXPORT_NAME}; give the folder that {_EXPORT} wrote"
