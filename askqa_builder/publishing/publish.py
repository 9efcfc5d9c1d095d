"""Upload a dataset, commit it all at once, and look whether it has arrived."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from askqa_builder.dataset.hub.repository import HubRepository, Snapshot
from askqa_builder.errors import HubError, HubUnavailableError
from askqa_builder.publishing.contents import Contents
from askqa_builder.publishing.replacing import stale_files

Say = Callable[[str], None]
"""Takes a line that tells how far a push is."""

_SECONDS_BETWEEN = (1, 2, 4, 8)
"""How long to wait before another commit, where one failed or another one came first."""


@dataclass(frozen=True)
class Published:
    """What was done. sent: bytes of shards that the branch did not have. deleted: files. changed: there is a commit."""

    commit: str
    sent: int
    deleted: tuple[str, ...]
    changed: bool


def publish(contents: Contents, hub: HubRepository, say: Say) -> Published:
    """Make the branch hold this dataset: shards first, then everything in one commit, then a tag.

    What the branch has is not sent again; shards that went up before a kill are kept by the Hub, which takes their
    hash for them. Raises HubError, UsageError (files of others), AskqaError (a shard has changed on the disk).
    """
    snapshot = hub.snapshot()
    stale_files(hub, snapshot, contents)  # refuse before anything is sent
    sent = _upload(contents, hub, snapshot, say)
    say("committing")
    published = _commit(contents, hub, sent)
    hub.tag(contents.tag, published.commit)
    return published


def _upload(contents: Contents, hub: HubRepository, snapshot: Snapshot, say: Say) -> int:
    """Upload the shards that the branch lacks; returns their bytes."""
    missing = [shard for shard in contents.shards if shard.file in _missing_shards(contents, snapshot)]
    for number, shard in enumerate(missing, start=1):
        if not hub.has_uploaded(shard.file):
            say(f"uploading {shard.file}, {shard.bytes / 1e6:.1f} MB ({number} of {len(missing)})")
            hub.upload(shard.file, contents.folder / shard.file, shard.sha256)
    return sum(shard.bytes for shard in missing)


def _commit(contents: Contents, hub: HubRepository, sent: int) -> Published:
    """Commit what differs, and look again: a commit may be done though its answer was lost, or come too late."""
    deleted: tuple[str, ...] = ()
    tries = 0
    while True:
        snapshot = hub.snapshot()
        shards = _missing_shards(contents, snapshot)
        small = {path: data for path, data in contents.small.items() if not _has(snapshot, path, data)}
        stale = stale_files(hub, snapshot, contents)
        if not (shards or small or stale):
            return Published(snapshot.commit, sent, deleted, changed=tries > 0)
        for shard in contents.shards:  # the branch had it before, and another push has deleted it since
            if shard.file in shards and not hub.has_uploaded(shard.file):
                hub.upload(shard.file, contents.folder / shard.file, shard.sha256)
        try:
            hub.commit(shards, small, stale, snapshot.commit)
        except HubUnavailableError:
            if tries == len(_SECONDS_BETWEEN):
                raise
            time.sleep(_SECONDS_BETWEEN[tries])
        else:
            if tries == len(_SECONDS_BETWEEN):
                raise HubError(
                    f"{hub.target.repo_id} does not take {', '.join([*shards, *small, *stale])}, though it does not "
                    "refuse; run the same command again later"
                )
        deleted = tuple(stale)
        tries += 1


def _missing_shards(contents: Contents, snapshot: Snapshot) -> list[str]:
    there = {path: file.sha256 for path, file in snapshot.files.items()}
    return [shard.file for shard in contents.shards if there.get(shard.file) != shard.sha256]


def _has(snapshot: Snapshot, path: str, data: bytes) -> bool:
    return path in snapshot.files and snapshot.files[path].holds(data)
