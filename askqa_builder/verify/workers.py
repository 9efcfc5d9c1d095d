"""Run the same function over many inputs, in processes whose death costs their input only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pebble import ProcessPool

from askqa_builder.errors import AskqaError
from askqa_builder.pools import NO_WORKERS, STARTING_SECONDS, Watch, failure, schedule
from askqa_builder.processes import WorkerContext, compute_on_one_core, keep_freed_memory

_AHEAD = 2
"""Inputs per process that are handed out before their results are taken: results must not pile up."""

Result = TypeVar("Result")


class Workers:
    """So many processes; one works in the caller's own. Use as a context manager."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPool | None = None

    def __enter__(self) -> Workers:
        if self._count > 1:
            compute_on_one_core()
            self._pool = ProcessPool(self._count, context=WorkerContext(), initializer=keep_freed_memory)
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        if self._pool is not None:
            self._pool.stop() if failed else self._pool.close()
            self._pool.join()

    def map(self, function: Callable[..., Result], inputs: Sequence[tuple[Any, ...]]) -> Iterator[Result | str]:
        """Yield what the function makes of each input, in order, or in words how its process ended.

        Raises AskqaError where processes end before they begin.
        """
        if self._pool is None:
            yield from (function(*each) for each in inputs)
            return
        waiting: deque[Future[Any]] = deque()
        try:
            for each in inputs:
                waiting.append(schedule(self._pool, function, each))
                if len(waiting) >= _AHEAD * self._count:
                    yield self._answer(self._pool, waiting)
            while waiting:
                yield self._answer(self._pool, waiting)
        except BrokenProcessPool as error:
            raise AskqaError(NO_WORKERS) from error

    @staticmethod
    def _answer(pool: ProcessPool, waiting: deque[Future[Any]]) -> Any:
        """Take the first answer from the queue."""
        watch = Watch(pool, STARTING_SECONDS)
        first = waiting[0]
        while not wait([first], timeout=1.0).done:
            watch.check(future for future in waiting if not future.done())
        waiting.popleft()
        return failure(first) or first.result()
