"""A process of an actor's own that works as one of the local executor's: with nothing of Ray in it.

Ray's threads draw from the random numbers of libc, as flite does for its noise: speech from a process of Ray's differs
from run to run. A process apart also shows how it ended, and takes nobody with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pebble import ProcessPool

from askqa_builder.build.plan import Block, Take
from askqa_builder.build.poison import find_poison
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.worker_pool import ready_worker, worker_pool
from askqa_builder.pools import failure, first_done, schedule, until_done


@dataclass(frozen=True)
class Ended:
    """What a call gives whose process ended or hung; happened: how."""

    happened: str


class Child:
    """One worker process, replaced when it ends."""

    def __init__(self, recipe: Recipe, folder: Path, *, speaking: bool) -> None:
        """Start the process. folder: for what it reads and writes. speaking: as `worker_pool` takes it.

        Raises the AskqaError for which it cannot start.
        """
        self._new_pool: Callable[[], ProcessPool] = lambda: worker_pool(1, recipe, folder, speaking=speaking)
        self._idle_seconds = recipe.opening_seconds
        self._pool = self._new_pool()
        self.run(_begin)

    def run(self, function: Callable[..., Any], *arguments: Any, timeout: float | None = None) -> Any:
        """Return what a function gives in the process, or `Ended`. timeout: seconds, after which it counts as hung."""

        def answers() -> Iterator[Any]:
            pool = self._ready_pool()
            future = schedule(pool, function, arguments, timeout)
            first_done(pool, [future], self._idle_seconds)
            happened = failure(future)
            yield future.result() if happened is None else Ended(happened)

        return next(until_done(answers))

    def find_poison(
        self, step: Callable[..., None], block: Block, known: Mapping[int, str], seconds: Callable[[Take], float]
    ) -> dict[int, str]:
        """Find the takes that end or hang the process, as `poison.find_poison` does."""

        def searches() -> Iterator[dict[int, str]]:
            yield find_poison(self._ready_pool(), step, block, known, seconds)

        return next(until_done(searches))

    def stop(self) -> None:
        """End the process at once."""
        self._pool.stop()
        self._pool.join()

    def _ready_pool(self) -> ProcessPool:
        if not self._pool.active:  # broken: its process ended while it had nothing to do
            self.stop()
            self._pool = self._new_pool()
        return self._pool


def _begin() -> None:
    """Tell whether the process could open what it needs. Runs in it."""
    with ready_worker():
        pass
