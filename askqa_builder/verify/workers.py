"""Run the same function over many inputs, in processes whose death costs their input only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

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
        """Yield what the function makes of each input, in order, or in words how its process ended."""
        if self._pool is None:
            yield from (function(*each) for each in inputs)
            return
        waiting: deque[Future[Any]] = deque()
        for each in inputs:
            waiting.append(self._pool.schedule(function, args=each))
            if len(waiting) >= _AHEAD * self._count:
                yield _answer(waiting.popleft())
        while waiting:
            yield _answer(waiting.popleft())


def _answer(future: Future[Any]) -> Any:
    try:
        return future.result()
    except ProcessExpired as error:
        return f"exit code {error.exitcode}"
