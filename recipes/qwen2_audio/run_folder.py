"""The folder of one run: what it was asked, its losses, its checkpoints, and at the end its adapters.

RUN/run.json: settings and digests. RUN/losses.jsonl: a line for each step. RUN/checkpoints/step-00000050/: adapters as
peft saves them, and training_state.pt. RUN/adapter/: when training has ended.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.files import TEMPORARY_MARK, atomic_write, remove_temporaries, storage_errors, sync_folder
from askqa_builder.locking import lock_folder, release

KEPT_CHECKPOINTS = 2
WEIGHTS = "adapter_model.safetensors"
"""The file of adapters, as peft names it."""

_STEP = re.compile(r"step-(\d{8,})")


class RunFolder:
    """The folder of one run, held by one process at a time: use `held`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.adapter = path / "adapter"
        self.losses = path / "losses.jsonl"
        self._checkpoints = path / "checkpoints"
        self._asked = path / "run.json"
        self._lock: int | None = None

    @classmethod
    @contextmanager
    def held(cls, path: Path, asked: Mapping[str, Any], *, overwrite: bool = False) -> Iterator[RunFolder]:
        """Hold a new folder, or that of an interrupted or finished run that was asked the same.

        Raises UsageError where another process holds it, or it holds something else and not to `overwrite` a run.
        """
        run = cls(path)
        foreign = path.exists() and not run._asked.exists() and any(path.iterdir())
        if foreign and not run._is_just_begun():
            raise UsageError(f"{path} holds something that is no run; give another folder")
        with storage_errors(f"make {path}"):
            path.mkdir(parents=True, exist_ok=True)
            run._lock = lock_folder(path, f"{path} is being trained by another process")
        try:
            if overwrite:
                run._clear()
            run._agree(asked)
            run._remove_leftovers()
            yield run
        finally:
            run.leave()

    def leave(self) -> None:
        """Hold the folder no longer; for a process that was forked from its holder, which goes on holding it."""
        if self._lock is not None:
            release(self._lock)
            self._lock = None

    def asked(self) -> dict[str, Any]:
        """Return what the run was asked. Raises UsageError where there is no run."""
        try:
            asked: dict[str, Any] = json.loads(self._asked.read_bytes())
        except FileNotFoundError as error:
            raise UsageError(f"{self.path} holds no run (no run.json); make one with train") from error
        except ValueError as error:
            raise UsageError(f"{self._asked} is damaged; train again with --overwrite") from error
        return asked

    def latest_checkpoint(self) -> tuple[int, Path] | None:
        """Return the step and the folder of the newest checkpoint."""
        found = [(int(match[1]), path) for path in self._steps() if (match := _STEP.fullmatch(path.name))]
        return max(found, default=None)

    @contextmanager
    def new_checkpoint(self, step: int) -> Iterator[Path]:
        """Give a folder to write a checkpoint into; it takes its name, whole, when the block ends."""
        self._checkpoints.mkdir(exist_ok=True)
        with _atomic_folder(self._checkpoints / f"step-{step:08d}") as folder:
            yield folder
        for path in sorted(self._steps())[:-KEPT_CHECKPOINTS]:
            shutil.rmtree(path)

    def adapter_fault(self) -> str | None:
        """Return what is wrong with the files of the adapters, which must be there; None where peft can load them."""
        return _fault(self.adapter)

    def check_checkpoint(self, folder: Path) -> None:
        """Raise UsageError where the adapters of a checkpoint cannot be loaded."""
        fault = _fault(folder)
        if fault is not None:
            raise damaged_checkpoint(folder, fault)

    def remove_adapter(self) -> None:
        """Remove the adapters of a finished run: it goes on from its last checkpoint."""
        shutil.rmtree(self.adapter)

    @contextmanager
    def finished_adapter(self) -> Iterator[Path]:
        """Give a folder to write the adapters of a finished run into."""
        with _atomic_folder(self.adapter) as folder:
            yield folder

    def keep_losses(self, steps: int) -> None:
        """Drop the losses after so many steps: they are computed again."""
        lines = self.losses.read_text("utf-8").splitlines(keepends=True) if self.losses.exists() else []
        with atomic_write(self.losses) as file:
            file.write("".join(lines[:steps]).encode())

    def _steps(self) -> list[Path]:
        if not self._checkpoints.is_dir():
            return []
        return [path for path in self._checkpoints.iterdir() if _STEP.fullmatch(path.name)]

    def _agree(self, asked: Mapping[str, Any]) -> None:
        if not self._asked.exists():
            with atomic_write(self._asked) as file:
                file.write((json.dumps(asked, indent=2) + "\n").encode())
            return
        earlier = self.asked()
        different = [name for name in {**asked, **earlier} if asked.get(name) != earlier.get(name)]
        if different:
            name = different[0]
            raise UsageError(
                f"{self.path} holds a run with another {name} ({earlier.get(name)}, now {asked.get(name)}); give "
                "another folder, or --overwrite"
            )

    def _is_just_begun(self) -> bool:
        """Tell a folder of which only the lock, or a file being written, is there."""
        return all(path.name == "lock" or TEMPORARY_MARK in path.name for path in self.path.iterdir())

    def _clear(self) -> None:
        for path in (self._checkpoints, self.adapter):
            shutil.rmtree(path, ignore_errors=True)
        for pattern in ("run.json", "losses.jsonl", "scores-*.json", "responses-*.jsonl"):
            for path in self.path.glob(pattern):
                path.unlink()

    def _remove_leftovers(self) -> None:
        for folder in (self.path, self._checkpoints):
            for path in folder.glob(f".*{TEMPORARY_MARK}*"):
                if path.is_dir():
                    shutil.rmtree(path)
            remove_temporaries(folder)


def damaged_checkpoint(folder: Path, fault: str) -> UsageError:
    """Return the error for a checkpoint that cannot be loaded."""
    return UsageError(f"{folder} is damaged ({fault}); remove it: the run then goes on from the one before, or anew")


def _fault(folder: Path) -> str | None:
    """Return what is wrong with adapters that peft saved; their weights are not read, but counted."""
    from safetensors import SafetensorError, safe_open

    try:
        json.loads((folder / "adapter_config.json").read_bytes())
        with safe_open(folder / WEIGHTS, framework="pt"):
            return None
    except (OSError, ValueError, SafetensorError) as error:
        return " ".join(str(error).split())


@contextmanager
def _atomic_folder(path: Path) -> Iterator[Path]:
    """Give a folder beside `path`; it takes the name, with all that is in it on the disk, when the block ends."""
    from safetensors import SafetensorError

    temporary = path.with_name(f".{path.name}{TEMPORARY_MARK}{os.getpid()}-{secrets.token_hex(4)}")
    with storage_errors(f"write {path.name}"):
        temporary.mkdir()
        try:
            try:
                yield temporary
            except (SafetensorError, RuntimeError) as error:  # so safetensors and torch tell that a disk is full
                raise OSError(None, " ".join(str(error).split())) from error
            for file in (file for file in temporary.rglob("*") if file.is_file()):
                with file.open("rb") as opened:
                    os.fsync(opened.fileno())
            sync_folder(temporary)
            temporary.rename(path)
            sync_folder(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
