"""Let one listener listen to a shard: to each turn that it has not heard yet, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from askqa_builder.progress import Progress
from askqa_builder.scoring.clips import TurnClip, turn_clips
from askqa_builder.scoring.store import HeardStore
from askqa_builder.scoring.workers import Room


class Hearing:
    """A listener where it runs, and how it is fed."""

    def __init__(self, room: Room, batch_seconds: float, listener: str, progress: Progress) -> None:
        """Prepare to feed the listener in `room`; listener: its mark, under which the store keeps its values."""
        self._room = room
        self._batch_seconds = batch_seconds
        self._listener = listener
        self._progress = progress

    def hear(self, file: Path, store: HeardStore, *, counting: bool) -> list[list[bytes]]:
        """See that the store has a value for each turn of a shard; return the turns' digests by row.

        counting: whether rows are told to the progress. What has been heard is kept batch by batch.
        """
        digests: list[list[bytes]] = []
        for batch, values in self._room.run(self._batches(file, store, digests, counting)):
            store.add(self._listener, values)
            seconds = sum(turn.clip.seconds for turn in batch)
            self._progress.advance(0, seconds, seconds)
        return digests

    def _batches(
        self, file: Path, store: HeardStore, digests: list[list[bytes]], counting: bool
    ) -> Iterator[list[TurnClip]]:
        """Yield what is not heard yet in batches to the listener's taste, and fill in `digests` on the way."""
        batch: list[TurnClip] = []
        filled = 0.0
        under_way: set[bytes] = set()
        for row in turn_clips(file):
            digests.append([turn.digest for turn in row])
            known = 0.0
            for turn in row:
                if turn.digest in under_way or (self._listener, turn.digest) in store:
                    known += turn.clip.seconds
                    continue
                under_way.add(turn.digest)
                if batch and filled + turn.clip.seconds > self._batch_seconds:
                    yield batch
                    batch, filled = [], 0.0
                batch.append(turn)
                filled += turn.clip.seconds
            self._progress.advance(int(counting), known, 0.0)
        if batch:
            yield batch
