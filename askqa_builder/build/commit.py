"""Finished blocks into shards: filled as the blocks come in, committed when full."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack

from askqa_builder.build.folder import BuildFolder
from askqa_builder.build.plan import Shard
from askqa_builder.build.spool import BlockOutcome
from askqa_builder.corpus.conversation import Stage
from askqa_builder.dataset.shard import open_shard
from askqa_builder.files import storage_errors


class Committer:
    """Writes the shards of a build while its other blocks are still spoken; use as a context manager.

    Of each stage one shard is open at a time, the first that is not full; blocks that come before their turn stay
    in the spool. A shard is committed once it is in place, and only then do its blocks' rows leave the spool.
    """

    def __init__(self, folder: BuildFolder, shards: Sequence[Shard], sampling_rate: int) -> None:
        """Prepare to write `shards`, those of each stage in the order of the plan."""
        self._folder = folder
        self._sampling_rate = sampling_rate
        self._outcomes: dict[int, BlockOutcome] = {}
        self._wanted = {(shard.stage, index) for shard in shards for index in shard.blocks}
        self._stages = [self._fill([shard for shard in shards if shard.stage is stage]) for stage in Stage]

    def __enter__(self) -> Committer:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as stack:  # an unfinished shard leaves nothing behind
            for filling in self._stages:
                stack.callback(filling.close)

    def add(self, outcomes: Iterable[BlockOutcome]) -> None:
        """Take finished blocks, in any order, and write as far as they allow. Raises StorageError."""
        for outcome in outcomes:
            self._outcomes[outcome.index] = outcome
            for stage in Stage:
                if (stage, outcome.index) not in self._wanted:  # spoken again for the other stage's shard
                    self._folder.spool.remove_rows(outcome, stage)
        for filling in self._stages:
            next(filling, None)

    def _fill(self, shards: Iterable[Shard]) -> Generator[None, None, None]:
        """Fill and commit shards one after the other; yields wherever the next block is not there yet."""
        for shard in shards:
            yield from self._wait_for(shard.blocks[:1])
            with storage_errors(f"write {shard.file}"):
                (self._folder.out / shard.file).parent.mkdir(parents=True, exist_ok=True)
            with open_shard(
                self._folder.out,
                shard.file,
                config=shard.stage.value,
                split=shard.split,
                sampling_rate=self._sampling_rate,
            ) as writer:
                for index in shard.blocks:
                    yield from self._wait_for([index])
                    for batch in self._folder.spool.batches(self._outcomes[index], shard.stage):
                        writer.write(batch)
            self._folder.commit(writer.record())
            for index in shard.blocks:
                self._folder.spool.remove_rows(self._outcomes[index], shard.stage)

    def _wait_for(self, blocks: Iterable[int]) -> Generator[None, None, None]:
        for index in blocks:
            while index not in self._outcomes:
                yield
