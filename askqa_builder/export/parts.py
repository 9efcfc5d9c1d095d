"""What one shard of the source adds to an export's files, kept until all shards are done; and how these are joined."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from askqa_builder.corpus.rejects import Reject
from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError
from askqa_builder.export.folder import ExportFolder
from askqa_builder.export.format import Format
from askqa_builder.files import atomic_write, storage_errors

if TYPE_CHECKING:
    from typing_extensions import Self

ARCHIVE_BYTES = 512 << 20
"""An archive that has grown to so much is followed by the next."""

_DONE_NAME = "done.json"


@dataclass
class Archive:
    """A tar file that waits for its number. prefix: what its name begins with. part: its file beside the others."""

    prefix: str
    part: str
    samples: int


@dataclass
class PartRecord:
    """What a shard has added.

    items: their number, without those left out. seconds, samples: of their sound. lines: their number, by file.
    rejected: what it has not.
    """

    items: int = 0
    seconds: float = 0.0
    samples: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    archives: list[Archive] = field(default_factory=list)
    rejected: list[Reject] = field(default_factory=list)


class PartWriter:
    """Writes what one shard adds into a folder of its own; `record` has it once the `with` block has ended well.

    Nothing of it counts before the record is written, last of all.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: dict[str, IO[bytes]] = {}
        self._tars: dict[str, tarfile.TarFile] = {}
        self._files: list[IO[bytes]] = []
        self.record = PartRecord()

    def __enter__(self) -> Self:
        with storage_errors(f"write to {self._folder}"):
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True)
        self._stack = ExitStack()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with storage_errors(f"write to {self._folder}"), self._stack:
            if kind is not None:
                return
            for tar in self._tars.values():
                tar.close()
            for file in self._files:
                file.flush()
                os.fsync(file.fileno())
        with atomic_write(self._folder / _DONE_NAME) as done:
            done.write(json.dumps(asdict(self.record)).encode("ascii"))

    def add(self, file: str, line: str) -> None:
        """Add a line to one of the export's files."""
        with storage_errors(f"write to {self._folder}"):
            if file not in self._lines:
                self._lines[file] = self._create(_part_name(file))
                self.record.lines[file] = 0
            self._lines[file].write(line.encode("utf-8") + b"\n")
        self.record.lines[file] += 1

    def add_sample(self, prefix: str, members: Mapping[str, bytes]) -> None:
        """Add files to the archive that is being written under a prefix; they come to stand in the same one."""
        with storage_errors(f"write to {self._folder}"):
            tar = self._tars.get(prefix)
            if tar is not None and tar.offset >= ARCHIVE_BYTES:
                tar.close()
                tar = None
            if tar is None:
                tar = self._tars[prefix] = self._new_archive(prefix)
            for name, data in members.items():
                entry = tarfile.TarInfo(name)  # without owner and time: the same samples give the same bytes
                entry.size, entry.mode = len(data), 0o644
                tar.addfile(entry, io.BytesIO(data))
        next(archive for archive in reversed(self.record.archives) if archive.prefix == prefix).samples += 1

    def _new_archive(self, prefix: str) -> tarfile.TarFile:
        archive = Archive(prefix, f"{len(self.record.archives):06d}.tar", 0)
        self.record.archives.append(archive)
        return tarfile.open(fileobj=self._create(archive.part), mode="w", format=tarfile.USTAR_FORMAT)

    def _create(self, name: str) -> IO[bytes]:
        file = self._stack.enter_context((self._folder / name).open("wb"))
        self._files.append(file)
        return file


def part_record(folder: Path) -> PartRecord | None:
    """Return what the shard that is kept in `folder` has added; None where it is not done."""
    try:
        content = json.loads((folder / _DONE_NAME).read_bytes())
        archives = [Archive(**archive) for archive in content["archives"]]
        rejected = [Reject(**reject) for reject in content["rejected"]]
        return PartRecord(**{**content, "archives": archives, "rejected": rejected})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_kept(out: Path, parts: Sequence[Path], records: Sequence[PartRecord], archives: Mapping[str, Path]) -> None:
    """Raise AskqaError where something is gone that shards have added, and forget these: they will be made again.

    archives: their files among the parts, by the names that they get in `out`, and may have got.
    """
    lines = [part / _part_name(file) for part, record in zip(parts, records, strict=True) for file in record.lines]
    gone = [path for path in lines if not path.is_file()]
    gone += [path for name, path in archives.items() if not path.is_file() and not (out / name).is_file()]
    if gone:
        for path in gone:
            (path.parent / _DONE_NAME).unlink(missing_ok=True)
        raise AskqaError(f"{gone[0]} is gone, which an earlier run has written; run the same command again to go on")


def join_lines(folder: ExportFolder, file: str, parts: list[Path], chosen: Format[Any]) -> dict[str, Any]:
    """Write a file of the export out of what the shards' folders hold of it, and return the manifest's entry."""
    out, wrapping = folder.out, chosen.wrapping(file)
    hasher, size, lines = hashlib.sha256(), 0, 0
    with storage_errors(f"write {file}"):
        (out / file).parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out / file) as target:

        def put(data: bytes) -> None:
            nonlocal size
            hasher.update(data)
            size += len(data)
            target.write(data)

        put(wrapping.head.encode("utf-8"))
        for line in chosen.arrange(file, _lines(parts, file), folder.state):
            if lines:
                put(wrapping.separator.encode("utf-8"))
            put(line.encode("utf-8"))
            lines += 1
        put(wrapping.tail.encode("utf-8"))
    return {"file": file, "records": lines, "bytes": size, "sha256": hasher.hexdigest()}


def _lines(parts: list[Path], file: str) -> Iterator[str]:
    for part in parts:
        with (part / _part_name(file)).open(encoding="utf-8", newline="\n") as source:
            for line in source:
                yield line.removesuffix("\n")


def move_archive(out: Path, name: str, part: Path, samples: int) -> dict[str, Any]:
    """Give a finished archive its name in the export, where it has not got it yet; return the manifest's entry."""
    target = out / name
    with storage_errors(f"write {name}"):
        if part.exists():
            part.replace(target)
    return {"file": name, "records": samples, "bytes": target.stat().st_size, "sha256": sha256_of(target)}


def _part_name(file: str) -> str:
    return file.replace("/", "~") + ".part"
