"""An export's folder while it is being made, and whose it is.

`OUT/.askqa/` holds, beside what any `OutputFolder` has, `files.json` (the names of what is being put together) and
`parts/<shard>/` (what each shard of the source adds). A finished export has none of it, but `askqa-export.json`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from askqa_builder.dataset.manifest import EXPORT_NAME, KIND_KEY, noun_of
from askqa_builder.dataset.manifest import read_manifest as read_dataset_manifest
from askqa_builder.digests import sha256_of
from askqa_builder.errors import UsageError
from askqa_builder.export.item_files import is_item_path, item_folders, read_item_files, remove_item_files
from askqa_builder.export.manifest import files_named, is_file_name, read_manifest, write_manifest
from askqa_builder.files import atomic_write, remove_empty
from askqa_builder.hearing.clip_files import AUDIO_FOLDER
from askqa_builder.output_folder import OutputFolder

_NAMES_NAME = "files.json"
_PARTS = "parts"


class ExportFolder(OutputFolder):
    """An output folder, locked for one export in the making."""

    making = "export"
    noun = "export"
    manifest_name = EXPORT_NAME
    owner_name = "export.json"
    subfolders = (_PARTS,)
    state_files = (_NAMES_NAME,)

    def finished_manifest(self) -> dict[str, Any] | None:
        """Return the manifest where this very export is finished and each of its files is as it was written.

        All are read for that, sounds too. Else what is there of a damaged one is removed, so that it is made again.
        """
        manifest = read_manifest(self.out)
        if manifest is None or self._is_intact(manifest):
            return manifest
        self._discard()
        self._prepare()
        return None

    def withdraw(self) -> None:
        """Give the folder up where nothing has been made in it."""
        if not any((self.state / _PARTS).iterdir()):
            self.finish()
            remove_empty(self.out)

    def part(self, number: int) -> Path:
        """Return where the parts of the source's shard of this number are kept."""
        return self.state / _PARTS / f"{number:05d}"

    def write_beside_sound(self, path: str, data: bytes) -> None:
        """Write a file of an item's own, which has the name of one of its sounds and another suffix."""
        if not is_item_path(path):
            raise ValueError(f"{path!r} is not the path of a sound with another suffix")
        with atomic_write(self.out / path) as file:
            file.write(data)

    def announce(self, files: Iterable[str]) -> None:
        """Note which files will be written into the export, before the first of them is."""
        with atomic_write(self.state / _NAMES_NAME) as file:
            file.write(json.dumps(sorted(files)).encode("ascii"))

    def write_manifest(self, content: Mapping[str, Any]) -> None:
        """Write the manifest, last of all files: with it the export is finished."""
        write_manifest(self.out, {**self._identity, **content})

    def _is_intact(self, manifest: Mapping[str, Any]) -> bool:
        files = ((self.out / entry["file"], entry["sha256"]) for entry in manifest["files"])
        if not all(path.is_file() and sha256_of(path) == sha256 for path, sha256 in files):
            return False
        found = read_item_files(self.out, manifest["sound"]["audio_format"])
        return vars(found) == {name: manifest["audio"][name] for name in vars(found)}

    def _manifest(self) -> Mapping[str, Any] | None:
        return read_manifest(self.out)

    def _described(self, owner: Mapping[str, Any]) -> str:
        return f"export for {owner['format']}"

    def _foreign(self, names: set[str]) -> str:
        try:
            found = read_dataset_manifest(self.out)
        except UsageError:  # damaged; it is foreign all the same
            found = None
        if found is None:
            return super()._foreign(names)
        there = noun_of(found.get(KIND_KEY))
        return f"{self.out} holds a {there}, which no export overwrites; choose another folder, or remove it yourself"

    def _written_folders(self) -> Iterable[Path]:
        return (*(self.out / AUDIO_FOLDER).glob("*/"), *item_folders(self.out))

    def _clear(self) -> None:
        names = [*files_named(self.out), *self._announced()]
        self.announce(names)  # should we be killed, the next one knows them
        (self.out / EXPORT_NAME).unlink(missing_ok=True)
        for name in names:
            if is_file_name(name):
                (self.out / name).unlink(missing_ok=True)
        remove_item_files(self.out)
        shutil.rmtree(self.state / _PARTS, ignore_errors=True)
        (self.state / _NAMES_NAME).unlink(missing_ok=True)

    def _announced(self) -> list[str]:
        try:
            names: list[str] = json.loads((self.state / _NAMES_NAME).read_bytes())
        except FileNotFoundError:
            return []
        return names


def is_finished(out: Path, identity: Mapping[str, Any]) -> bool:
    """Tell whether `out` holds a finished export of this description; its files are not looked at, nor changed."""
    try:
        manifest = read_manifest(out)
    except UsageError:  # damaged: whoever takes the folder says so
        return False
    wanted = json.loads(json.dumps(identity))
    return manifest is not None and {key: manifest.get(key) for key in wanted} == wanted
