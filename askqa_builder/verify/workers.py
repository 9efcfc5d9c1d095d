"""Run the same function over many inputs, in processes whose death costs their input only, and that the second time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from pebble import ProcessPool

from askqa_builder.pools import STARTING_SECONDS, Watch, failure, schedule, until_done
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
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        self._close(at_once=bool(failed))

    def map(self, function: Callable[..., Result], inputs: Sequence[tuple[Any, ...]]) -> Iterator[Result | str]:
        """Yield what the function makes of each input, in order, or in words how it twice ended its process.

        A process may be ended for what it does not do itself, such as taking the last of the machine's memory: an
        input is tried a second time, alone. Raises AskqaError where processes end before they begin.
        """
        if self._count == 1:
            yield from (function(*each) for each in inputs)
            return
        left = deque(inputs)
        yield from until_done(lambda: self._answers(function, left))

    def _answers(self, function: Callable[..., Result], left: deque[tuple[Any, ...]]) -> Iterator[Result | str]:
        """Yield the answers to what is left, in order, and take it off; where the pool breaks it is closed."""
        if self._pool is None:
            self._pool = ProcessPool(self._count, context=WorkerContext(), initializer=_start)
        pool = self._pool
        waiting: deque[Future[Any]] = deque()
        try:
            while left:
                for each in islice(left, len(waiting), _AHEAD * self._count):
                    waiting.append(schedule(pool, function, each))
                _wait(pool, waiting, 1)
                happened = failure(waiting[0])
                if happened is not None:
                    _wait(pool, waiting, len(waiting))
                    waiting[0] = schedule(pool, function, left[0])
                    _wait(pool, waiting, 1)
                    happened = failure(waiting[0])
                answer = waiting[0].result() if happened is None else f"{happened}, twice"
                waiting.popleft()
                left.popleft()
                yield answer
        except BrokenProcessPool:
            self._close(at_once=True)
            raise

    def _close(self, at_once: bool) -> None:
        if self._pool is not None:
            self._pool.stop() if at_once else self._pool.close()
            self._pool.join()
            self._pool = None


def _start() -> None:
    """Prepare a worker process."""
    compute_on_one_core()
    keep_freed_memory()


def _wait(pool: ProcessPool, waiting: Sequence[Future[Any]], count: int) -> None:
    """Wait for the first `count` of the futures that wait; BrokenProcessPool where they will not come."""
    watch = Watch(pool, STARTING_SECONDS)
    wanted = list(waiting)[:count]
    while wait(wanted, timeout=1.0).not_done:
        watch.check(future for future in waiting if not future.done())
