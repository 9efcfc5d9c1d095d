"""The dataset's folder while it is being built: beside its shards, the blocks that are finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from askqa_builder.build.spool import Spool
from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.folder import DatasetFolder
from askqa_builder.dataset.manifest import CARD_NAME, read_rejected
from askqa_builder.dataset.shard import ShardRecord

OnCommit = Callable[[ShardRecord], None]


class BuildFolder(DatasetFolder):
    """The folder of one build; `.askqa/blocks/` holds finished blocks."""

    subfolders = ("blocks", "shards")

    def __init__(
        self, out: Path, identity: Mapping[str, str], *, overwrite: bool, on_commit: OnCommit | None = None
    ) -> None:
        """Take the folder `out` as `DatasetFolder` does. on_commit: is told of each shard once it is in place."""
        super().__init__(out, identity, overwrite=overwrite)
        self._on_commit = on_commit
        self.spool = Spool(self.state / "blocks")

    def commit(self, record: ShardRecord) -> None:
        """Record a shard that is in place, and tell of it."""
        super().commit(record)
        self.tell(record)

    def tell(self, record: ShardRecord) -> None:
        """Tell of a shard that is in place, also from an earlier run."""
        if self._on_commit is not None:
            self._on_commit(record)

    def known_rejects(self) -> dict[str, list[Reject]] | None:
        """Return what this build left out when it was finished, by id; None where it never was.

        The card is written once `rejected.jsonl` is complete, which is absent where nothing was rejected.
        """
        if not (self.out / CARD_NAME).exists():
            return None
        rejects: dict[str, list[Reject]] = {}
        for reject in read_rejected(self.out):
            if reject.id is not None and reject.stage != "read":
                rejects.setdefault(reject.id, []).append(reject)
        return rejects
