"""What of a dataset is published: its shards, its card written anew, its manifest, and reasons without details."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from askqa_builder.dataset.card import render_card
from askqa_builder.dataset.manifest import (
    CARD_NAME,
    MANIFEST_NAME,
    REJECTED_NAME,
    canonical_digest,
    read_rejected,
    shard_records,
)
from askqa_builder.dataset.reading import finished_manifest, reading_errors
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.statistics import Statistics, summarise

_DIGITS_OF_TAG = 12


@dataclass(frozen=True)
class Contents:
    """What is sent. small: the other files' content by path. tag: the name of this version."""

    folder: Path
    shards: tuple[ShardRecord, ...]
    small: Mapping[str, bytes]
    tag: str
    statistics: Statistics

    @property
    def paths(self) -> Iterator[str]:
        """Paths of all files."""
        yield from (shard.file for shard in self.shards)
        yield from self.small


def collect(dataset: Path, repo_id: str) -> Contents:
    """Read what is published of a finished dataset. Raises UsageError or AskqaError where it cannot be read."""
    manifest = finished_manifest(dataset)
    statistics = statistics_of(dataset, manifest)
    with reading_errors(dataset):
        small = {
            CARD_NAME: render_card(manifest, statistics, repo_id).encode("utf-8"),
            MANIFEST_NAME: (dataset / MANIFEST_NAME).read_bytes(),
        }
    rejected = _rejected(dataset)
    if rejected:
        small[REJECTED_NAME] = rejected
    return Contents(dataset, tuple(shard_records(manifest)), small, version_tag(manifest), statistics)


def statistics_of(dataset: Path, manifest: Mapping[str, Any]) -> Statistics:
    """Add up a dataset's rows. Raises AskqaError where they cannot be read."""
    with reading_errors(dataset):
        return summarise(dataset, [(record.config, record.split, record.file) for record in shard_records(manifest)])


def version_tag(manifest: Mapping[str, Any]) -> str:
    """Name a version by a digest of its manifest, which holds the hash of every shard."""
    return f"askqa-{canonical_digest(manifest)[:_DIGITS_OF_TAG]}"


def _rejected(dataset: Path) -> bytes:
    """Return `rejected.jsonl` with empty details, which may quote text that nobody may redistribute."""
    rejects = (replace(reject, detail="") for reject in read_rejected(dataset))
    return b"".join(json.dumps(reject.to_dict(), ensure_ascii=True).encode("ascii") + b"\n" for reject in rejects)
