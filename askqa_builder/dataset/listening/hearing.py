"""Let one listener listen to rows: to each part that it has not heard yet, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from askqa_builder.dataset.listening.listeners import Choice, Listener
from askqa_builder.dataset.listening.parts import Part
from askqa_builder.dataset.listening.rooms import Room, open_room
from askqa_builder.dataset.listening.store import HeardStore
from askqa_builder.dataset.scores import mark
from askqa_builder.progress import Progress


def open_hearings(
    choices: Mapping[str, Choice],
    describe: Callable[[str, Listener], dict[str, Any]],
    workers: int,
    progress: Progress,
    stack: ExitStack,
) -> tuple[dict[str, dict[str, Any]], dict[str, Hearing]]:
    """Open listeners, which `stack` closes; return how each is described, and where it runs, by its key.

    workers: processes for those that compute on one core. Raises UsageError.
    """
    wanted: dict[str, dict[str, Any]] = {}
    hearings: dict[str, Hearing] = {}
    for key, choice in choices.items():
        listener = choice.open()
        appetite = listener.appetite
        wanted[key] = description = describe(key, listener)
        room = open_room(choice, listener, workers)
        stack.callback(room.close)
        hearings[key] = Hearing(room, appetite.batch_seconds, mark(description), progress)
    return wanted, hearings


class Hearing:
    """A listener where it runs, and how it is fed."""

    def __init__(self, room: Room, batch_seconds: float, listener: str, progress: Progress) -> None:
        """Prepare to feed the listener in `room`; listener: its mark, under which the store keeps its values."""
        self._room = room
        self._batch_seconds = batch_seconds
        self._listener = listener
        self._progress = progress

    def hear(
        self, rows: Iterable[Sequence[Part]], store: HeardStore, *, counting: bool, share: float
    ) -> list[list[bytes]]:
        """See that the store has a value for each part of all rows; return the parts' digests by row.

        counting: whether rows are told to the progress. share: of the seconds of speech that are told, as who listens
        is one of several. What has been heard is kept batch by batch.
        """
        digests: list[list[bytes]] = []
        for batch, values in self._room.run(self._batches(rows, store, digests, counting, share)):
            store.add(self._listener, values)
            seconds = share * sum(part.seconds for part in batch)
            self._progress.advance(0, seconds, seconds)
        return digests

    def _batches(
        self,
        rows: Iterable[Sequence[Part]],
        store: HeardStore,
        digests: list[list[bytes]],
        counting: bool,
        share: float,
    ) -> Iterator[list[Part]]:
        """Yield what is not heard yet in batches to the listener's taste, and fill in `digests` on the way."""
        batch: list[Part] = []
        filled = 0.0
        under_way: set[bytes] = set()
        for row in rows:
            digests.append([part.digest for part in row])
            known = 0.0
            for part in row:
                if part.digest in under_way or (self._listener, part.digest) in store:
                    known += part.seconds
                    continue
                under_way.add(part.digest)
                if batch and filled + part.clip.seconds > self._batch_seconds:
                    yield batch
                    batch, filled = [], 0.0
                batch.append(part)
                filled += part.clip.seconds
            self._progress.advance(int(counting), share * known, 0.0)
        if batch:
            yield batch
