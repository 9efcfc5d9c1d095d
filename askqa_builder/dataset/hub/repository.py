"""One branch of a dataset repository on the Hub: what is there, and how it is replaced in one commit.

Large files are uploaded first, one by one; the Hub keeps them by their hash, and nobody sees them. One commit then
changes everything at once, so that who reads meanwhile sees the old dataset or the new one, never half of either.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from askqa_builder.corpus.rejects import quote
from askqa_builder.dataset.hub.access import hub_errors, patiently
from askqa_builder.errors import AskqaError, UsageError

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi

MAIN = "main"

_KIND = "dataset"

# What the client and the Hub take, and git for branches.
_REPO_ID = re.compile(
    r"(?=[^/]+/[^/]{1,96}$)(?!.*(?:--|\.\.|\.git$))[a-z0-9][\w.-]*(?<![.-])/\w[\w.-]*(?<![.-])",
    re.ASCII | re.IGNORECASE,
)
_BRANCH = re.compile(r"(?!.*(?:\.\.|//|/\.|\.lock(?:/|$)))\w[\w./-]{0,200}(?<![./])", re.ASCII)


@dataclass(frozen=True)
class RemoteFile:
    """A file as the Hub has it. sha256: None where it is kept in git itself, whose hash is `blob_id`."""

    size: int
    sha256: str | None
    blob_id: str

    def holds(self, data: bytes) -> bool:
        """Tell whether this is the file's content."""
        if self.sha256 is not None:
            return self.sha256 == hashlib.sha256(data).hexdigest()
        return self.blob_id == hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass(frozen=True)
class Snapshot:
    """A repository at one commit. commit: its hash. files: by path."""

    commit: str
    files: Mapping[str, RemoteFile]


@dataclass(frozen=True)
class Target:
    """Where to push to, checked when made: UsageError. revision: the branch. private: make it so where it is new."""

    repo_id: str
    revision: str = MAIN
    private: bool = False

    def __post_init__(self) -> None:
        if not _REPO_ID.fullmatch(self.repo_id):
            raise UsageError(
                f"repository {quote(self.repo_id)}: write org/name, of letters, digits and single . - _ between them"
            )
        if not _BRANCH.fullmatch(self.revision):
            raise UsageError(f"revision: {quote(self.revision)} is no name of a branch")


class HubRepository:
    """A branch that is being pushed to. One thread at a time."""

    def __init__(self, target: Target) -> None:
        from huggingface_hub import HfApi

        self.target = target
        self._api: HfApi = HfApi(token=True, library_name="askqa-builder")
        self._uploaded: dict[str, CommitOperationAdd] = {}

    @property
    def url(self) -> str:
        """The repository's page."""
        return f"{self._api.endpoint}/datasets/{self.target.repo_id}"

    def prepare(self) -> None:
        """Create repository and branch where they are missing.

        Raises UsageError where the repository is public but is to be private, or the revision is a tag.
        """
        name, private = self.target.repo_id, self.target.private
        patiently(
            lambda: self._api.create_repo(name, repo_type=_KIND, private=private or None, exist_ok=True),
            f"create {name}",
        )
        info = patiently(lambda: self._api.repo_info(name, repo_type=_KIND), f"look at {name}")
        if private and not info.private:
            raise UsageError(f"{name} is there and public; make it private in its settings, or leave --private out")
        revision = self.target.revision
        if revision == MAIN:
            return
        if revision in self._tags():
            raise UsageError(f"revision: {revision} is a tag of {name}, which stays as it is; give a branch")
        patiently(
            lambda: self._api.create_branch(name, branch=revision, repo_type=_KIND, exist_ok=True),
            f"create the branch {revision} of {name}",
        )

    def snapshot(self) -> Snapshot:
        """Return what the branch holds."""
        from huggingface_hub.hf_api import RepoFile

        name, revision = self.target.repo_id, self.target.revision

        def look() -> Snapshot:
            commit = self._api.repo_info(name, repo_type=_KIND, revision=revision).sha
            if commit is None:
                raise ValueError("the Hub names no commit")
            tree = self._api.list_repo_tree(name, recursive=True, revision=commit, repo_type=_KIND)
            files = {
                entry.path: RemoteFile(entry.size, entry.lfs.sha256 if entry.lfs else None, entry.blob_id)
                for entry in tree
                if isinstance(entry, RepoFile)
            }
            return Snapshot(commit, files)

        return patiently(look, f"look at {name}")

    def download(self, path: str, commit: str, folder: Path) -> Path:
        """Fetch one small file into a folder of ours, past the client's cache."""
        name = self.target.repo_id
        with hub_errors(f"read {path} of {name}"):  # patient as well
            return Path(self._api.hf_hub_download(name, path, repo_type=_KIND, revision=commit, local_dir=folder))

    def upload(self, path: str, file: Path, sha256: str) -> None:
        """Upload a large file, for `commit`; what the Hub has is not sent again.

        Raises AskqaError where the file is not what `sha256` says.
        """
        from huggingface_hub import CommitOperationAdd

        name = self.target.repo_id
        operation = CommitOperationAdd(path, file)
        with hub_errors(f"upload {path} to {name}"):  # the client itself is patient here, for up to minutes
            self._send_large([operation])
        if operation.upload_info.sha256.hex() != sha256:
            raise AskqaError(f"{file} has changed since it was written; build the dataset again to repair it")
        self._uploaded[path] = operation

    def has_uploaded(self, path: str) -> bool:
        """Tell whether `upload` is done with a file."""
        return path in self._uploaded

    def commit(self, uploaded: Iterable[str], small: Mapping[str, bytes], deleted: Iterable[str], parent: str) -> None:
        """Change everything at once: name what `upload` has sent, write small files, delete others.

        parent: the commit that it all was decided on. Raises HubUnavailableError where another one has come since, or
        nobody knows whether the Hub has done it: look at a new snapshot.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        written = [CommitOperationAdd(path, data) for path, data in small.items()]
        operations: list[CommitOperationAdd | CommitOperationCopy | CommitOperationDelete] = [
            *(self._uploaded[path] for path in uploaded),
            *written,
            *(CommitOperationDelete(path, is_folder=False) for path in deleted),
        ]
        name = self.target.repo_id
        with hub_errors(f"commit to {name}"):
            self._send_large(written)
            self._api.create_commit(
                name,
                operations,
                commit_message="Push a dataset with askqa-builder",
                repo_type=_KIND,
                revision=self.target.revision,
                parent_commit=parent,
            )

    def tag(self, tag: str, commit: str) -> None:
        """Give a commit a name; one that is there stays where it is."""
        name = self.target.repo_id
        patiently(
            lambda: self._api.create_tag(name, tag=tag, revision=commit, repo_type=_KIND, exist_ok=True),
            f"tag {name}",
        )

    def _send_large(self, additions: list[CommitOperationAdd]) -> None:
        """Upload those that the Hub does not keep in git itself; it then knows them when they are committed.

        An empty .gitignore stands in for the repository's, with which the client would leave files out in silence.
        """
        self._api.preupload_lfs_files(
            self.target.repo_id,
            additions,
            repo_type=_KIND,
            revision=self.target.revision,
            num_threads=1,
            free_memory=False,
            gitignore_content="",
        )

    def _tags(self) -> list[str]:
        name = self.target.repo_id
        refs = patiently(lambda: self._api.list_repo_refs(name, repo_type=_KIND), f"look at {name}")
        return [tag.name for tag in refs.tags]
