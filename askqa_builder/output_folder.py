"""A folder in which one command makes something: whose it is, that nobody else writes to it, what a kill left there.

`OUT/.askqa/` holds `lock`, a file that says whose what is being made is, and what the command keeps there to go on
with. What is finished has none of it, but a manifest.
"""

from __future__ import annotations

import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askqa_builder.errors import UsageError
from askqa_builder.files import atomic_write, remove_temporaries, storage_errors
from askqa_builder.locking import LOCK_NAME, lock_folder, release

if TYPE_CHECKING:
    from typing_extensions import Self

STATE_FOLDER = ".askqa"

_NAMES_TOLD = 3


class OutputFolder(ABC):
    """A folder, locked for what one command makes in it. Use as a context manager.

    making: what makes it, noun: what it makes, for messages. manifest_name, owner_name: files with the identity of what
    is there: of what is finished in the folder, of what is being made in `.askqa/`. subfolders, state_files: what else
    the command keeps in `.askqa/`; the subfolders are made when the folder is taken.

    Opening raises UsageError where the folder belongs to something else, to what another call makes, or is being
    written to at this moment.
    """

    making: str
    noun: str
    manifest_name: str
    owner_name: str
    subfolders: tuple[str, ...] = ()
    state_files: tuple[str, ...] = ()

    def __init__(self, out: Path, identity: Mapping[str, Any], *, overwrite: bool) -> None:
        """Take the folder `out` for what the manifest's `identity` names.

        overwrite: what another call left is removed; this one's own is resumed all the same.
        """
        self.out = out
        self.state = out / STATE_FOLDER
        self._identity = json.loads(json.dumps(identity))  # as it is read again
        self._overwrite = overwrite
        self._lock: int | None = None

    def __enter__(self) -> Self:
        self._check_ours()
        with storage_errors(f"write to {self.out}"):
            self.state.mkdir(parents=True, exist_ok=True)
            refusal = f"another {self.making} is writing to {self.out}; wait for it or stop it"
            self._lock = lock_folder(self.state, refusal)
        try:
            self._claim()
        except BaseException:
            if (self.out / self.manifest_name).exists():
                self.finish()
            self._release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def finish(self) -> None:
        """Remove this command's state: its work is complete. What another one keeps there to go on with stays."""
        for name in self.subfolders:
            shutil.rmtree(self.state / name, ignore_errors=True)
        with suppress(OSError):
            for name in (*self.state_files, self.owner_name, LOCK_NAME):
                (self.state / name).unlink(missing_ok=True)
            self.state.rmdir()

    @abstractmethod
    def _manifest(self) -> Mapping[str, Any] | None:
        """Return the manifest of what is finished; None where there is none. Raises UsageError where it is damaged."""

    @abstractmethod
    def _clear(self) -> None:
        """Remove what the command makes and nothing else, the manifest first; and its subfolders of `.askqa/`."""

    def _written_folders(self) -> Iterable[Path]:
        """Return the folders below `out` in which a kill may have left temporary files."""
        return ()

    def _described(self, owner: Mapping[str, Any]) -> str:
        """Say what it is that another call has made or begun."""
        return self.making

    def _check_ours(self) -> None:
        try:
            self._check_links()
            existing = next(path for path in (self.out, *self.out.absolute().parents) if path.exists())
            if not existing.is_dir():
                raise UsageError(f"{existing} is a file; give a folder for the {self.noun}")
            names = {path.name for path in self.out.iterdir()} if self.out.exists() else set()
        except OSError as error:
            raise UsageError(f"cannot read {self.out}: {error.strerror}; choose another folder") from error
        if names and not self._is_ours(names):
            raise UsageError(self._foreign(names))

    def _check_links(self) -> None:
        for path in (self.out, *self.out.absolute().parents):
            if path.is_symlink() and not path.exists():
                raise UsageError(
                    f"{path} is a link to nowhere ({path.readlink()}); remove it, or make the folder that it leads to"
                )

    def _is_ours(self, names: set[str]) -> bool:
        if self.manifest_name in names or (self.state / self.owner_name).exists():
            return True
        # whoever was killed before leaving a mark may have been ours; what another command has begun has its own mark
        return STATE_FOLDER in names and not any(self.state.glob("*.json"))

    def _foreign(self, names: set[str]) -> str:
        shown = ", ".join(sorted(names)[:_NAMES_TOLD]) + (", …" if len(names) > _NAMES_TOLD else "")
        kept = "--overwrite does not touch that: " if self._overwrite else ""
        return (
            f"{self.out} is not empty and holds no {self.noun} of askqa, but {shown}; {kept}choose another folder, or "
            "remove it yourself"
        )

    def _claim(self) -> None:
        """Make sure that what is in the folder is this call's, or nothing."""
        owner = self._owner()
        if owner != self._identity and self._overwrite:
            owner = None
        if owner is not None and owner != self._identity:
            state = "a finished" if (self.out / self.manifest_name).exists() else "an unfinished"
            raise UsageError(
                f"{self.out} holds {state} {self._described(owner)} of other settings, sources or library versions; "
                "give --overwrite to discard it, or another folder"
            )
        with storage_errors(f"write to {self.out}"):
            for folder in (self.out, self.state, *self._written_folders()):
                remove_temporaries(folder)
        if owner is None:  # also where the process that was clearing the folder has been killed
            self._discard()
        self._prepare()

    def _discard(self) -> None:
        """Remove what is there; whoever is killed meanwhile leaves what is nobody's, and never gone on with."""
        self._mark({})
        with storage_errors(f"write to {self.out}"):
            self._clear()

    def _prepare(self) -> None:
        """Make this call the owner, of what is finished, too: while that is repaired it has no manifest."""
        with storage_errors(f"write to {self.out}"):
            for name in self.subfolders:
                (self.state / name).mkdir(exist_ok=True)
        self._mark(self._identity)

    def _mark(self, identity: Mapping[str, Any]) -> None:
        """Write whose it is; nobody's where the identity is empty."""
        with atomic_write(self.state / self.owner_name) as file:
            file.write(json.dumps(identity).encode("ascii"))

    def _owner(self) -> dict[str, Any] | None:
        """Return the identity of what the folder belongs to; None where it belongs to nobody."""
        try:
            found = self._manifest() or json.loads((self.state / self.owner_name).read_bytes())
        except UsageError:
            if self._overwrite:
                return None
            raise
        except (OSError, ValueError):
            return None
        return {key: found.get(key) for key in self._identity} if isinstance(found, dict) and found else None

    def _release(self) -> None:
        if self._lock is not None:
            release(self._lock)
            self._lock = None
