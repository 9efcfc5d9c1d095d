"""Uploads shards in the background while a build writes the next ones."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

from askqa_builder.dataset.hub.repository import HubRepository
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.errors import AskqaError


class BackgroundUploader:
    """A thread that uploads the shards it is told of, one after the other; use as a context manager.

    What goes wrong ends its work and no more: whoever publishes the dataset afterwards uploads what is missing, and
    meets the error again if it lasts. At the end of the `with` block the shard that is on its way is waited for, the
    next ones are not begun; after an error or an interruption nothing is waited for.
    """

    def __init__(self, hub: HubRepository, dataset: Path) -> None:
        self._hub = hub
        self._dataset = dataset
        self._shards: queue.SimpleQueue[ShardRecord | None] = queue.SimpleQueue()
        self._stopped = threading.Event()
        # a daemon: an interrupted build does not wait for the network
        self._thread = threading.Thread(target=self._run, name="uploads", daemon=True)

    def __enter__(self) -> BackgroundUploader:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._stopped.set()
        self._shards.put(None)
        if kind is None:
            self._thread.join()

    def add(self, shard: ShardRecord) -> None:
        """Take a shard that is in place; returns at once."""
        self._shards.put(shard)

    def _run(self) -> None:
        while (shard := self._shards.get()) is not None and not self._stopped.is_set():
            if self._hub.has_uploaded(shard.file):
                continue
            try:
                self._hub.upload(shard.file, self._dataset / shard.file, shard.sha256)
            except AskqaError:  # the same upload is tried, and its error told, when the dataset is published
                return
