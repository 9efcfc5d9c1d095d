"""Repositories as the Hugging Face Hub keeps them: branches, tags, commits of files, large files by their hash."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LARGE = (".parquet", ".flac", ".bin")
ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LARGE).encode()


class RefusedError(Exception):
    """An answer that is no success. code: the Hub's name for it, in the header X-Error-Code. more: of its body."""

    def __init__(self, status: int, message: str, code: str = "", **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.more = more


@dataclass(frozen=True)
class File:
    """A file at one commit. key: of its content in `Store.blobs`."""

    key: str
    size: int
    blob_id: str
    large: bool


@dataclass(frozen=True)
class Commit:
    files: Mapping[str, File]
    parent: str | None


@dataclass
class Repository:
    private: bool
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)

    def resolve(self, revision: str) -> str:
        found = self.branches.get(revision) or self.tags.get(revision) or revision
        if found not in self.commits:
            raise RefusedError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return found

    def files(self, revision: str = "main") -> Mapping[str, File]:
        return self.commits[self.resolve(revision)].files

    def commit(self, branch: str, files: Mapping[str, File], parent: str | None) -> str:
        oid = hashlib.sha1(f"{branch} {sorted(files.items())} {parent} {len(self.commits)}".encode()).hexdigest()
        self.commits[oid] = Commit(dict(files), parent)
        self.branches[branch] = oid
        return oid


class Store:
    """All repositories. ignored: endings of files that a .gitignore keeps out."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.blobs: dict[str, bytes] = {}
        self.ignored: tuple[str, ...] = ()

    def create(self, name: str, private: bool = False, files: Mapping[str, bytes] | None = None) -> Repository:
        if name in self.repositories:
            raise RefusedError(409, "You already created this dataset repo", url=name)
        repository = self.repositories[name] = Repository(private)
        content = {".gitattributes": ATTRIBUTES, **(files or {})}
        repository.commit("main", {path: self.small(data) for path, data in content.items()}, None)
        return repository

    def find(self, name: str) -> Repository:
        if name not in self.repositories:
            raise RefusedError(404, "Repository not found", "RepoNotFound")
        return self.repositories[name]

    def small(self, data: bytes) -> File:
        """Keep a file in git itself."""
        blob_id = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        self.blobs[blob_id] = data
        return File(blob_id, len(data), blob_id, large=False)

    def large(self, sha256: str, size: int) -> File:
        """Point to a large file that has been uploaded."""
        if sha256 not in self.blobs:
            raise RefusedError(400, f"LFS object {sha256} is missing")
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()
        blob_id = hashlib.sha1(b"blob %d\0" % len(pointer) + pointer).hexdigest()
        return File(sha256, size, blob_id, large=True)

    def apply(self, repository: Repository, branch: str, body: bytes) -> str:
        """Carry out a commit as the client sends it, one operation a line."""
        head = repository.resolve(branch)
        files = dict(repository.commits[head].files)
        for line in body.splitlines():
            operation: dict[str, Any] = json.loads(line)
            value = operation["value"]
            if operation["key"] == "header":
                if value.get("parentCommit", head) != head:
                    raise RefusedError(412, "A commit has happened since. Please refresh and try again.")
            elif operation["key"] == "file":
                files[value["path"]] = self.small(base64.b64decode(value["content"]))
            elif operation["key"] == "lfsFile":
                files[value["path"]] = self.large(value["oid"], value["size"])
            elif operation["key"] == "deletedFile":
                if files.pop(value["path"], None) is None:
                    raise RefusedError(400, "A file with this name doesn't exist", "EntryNotFound")
            else:
                raise RefusedError(400, f"no operation {operation['key']}")
        return repository.commit(branch, files, head)
