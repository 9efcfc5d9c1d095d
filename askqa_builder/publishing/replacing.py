"""What a push may take away from a repository: files of the dataset that askqa pushed before, and nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path

from askqa_builder.dataset.hub.repository import HubRepository, Snapshot
from askqa_builder.dataset.manifest import (
    CARD_NAME,
    DATA_FOLDER,
    MANIFEST_NAME,
    REJECTED_NAME,
    read_manifest,
    shard_records,
)
from askqa_builder.errors import UsageError
from askqa_builder.publishing.contents import Contents

_OF_AN_EMPTY_REPOSITORY = frozenset({".gitattributes", ".gitignore", CARD_NAME, "LICENSE", "LICENSE.md"})
"""What the Hub, or a person, puts into a repository that holds no data yet."""

_MOST_NAMES = 3


def check_ours(hub: HubRepository, snapshot: Snapshot) -> None:
    """Raise UsageError where the branch holds files, and they are not of a dataset that askqa pushed."""
    foreign = sorted(snapshot.files.keys() - _OF_AN_EMPTY_REPOSITORY)
    if foreign and MANIFEST_NAME not in snapshot.files:
        raise UsageError(
            f"{hub.target.repo_id} holds files that askqa did not push ({_some(foreign)}); give another repository, "
            "or another branch with --revision"
        )


def stale_files(hub: HubRepository, snapshot: Snapshot, contents: Contents) -> list[str]:
    """Return the files to delete: those that the manifest there names, and the new dataset does not have.

    Raises UsageError as `check_ours` does, and where a file that is not askqa's would be read as part of the dataset.
    """
    check_ours(hub, snapshot)
    wanted = set(contents.paths)
    ours = _pushed_before(hub, snapshot)
    stale = sorted((ours & snapshot.files.keys()) - wanted)
    parts = {f"{DATA_FOLDER}/{shard.config}/{shard.split}-*.parquet" for shard in contents.shards}
    mixed = sorted(path for path in snapshot.files.keys() - wanted - ours if _fits_any(path, parts))
    if mixed:
        raise UsageError(
            f"{hub.target.repo_id} holds {_some(mixed)}, which askqa did not push and readers would take for part of "
            "the dataset; delete it there, or give another repository"
        )
    return stale


def _pushed_before(hub: HubRepository, snapshot: Snapshot) -> set[str]:
    if MANIFEST_NAME not in snapshot.files:
        return set()
    with tempfile.TemporaryDirectory(prefix="askqa-push-") as name:
        folder = Path(name)
        hub.download(MANIFEST_NAME, snapshot.commit, folder)
        try:
            manifest = read_manifest(folder)
        except UsageError as error:
            raise UsageError(
                f"{MANIFEST_NAME} in {hub.target.repo_id} cannot be read, so nobody knows which files askqa pushed; "
                "give another repository"
            ) from error
    shards = [] if manifest is None else shard_records(manifest)
    return {shard.file for shard in shards} | {REJECTED_NAME}


def _fits_any(path: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
