"""Pools of worker processes whose workers may die or hang, and what is asked of them in several ways.

Pebble's pool tells whose worker died or timed out; what follows from it is decided where the work is known.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, TimeoutError, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from askqa_builder.errors import AskqaError
from askqa_builder.interrupts import without_interrupts

STARTING_SECONDS = 60.0
"""What a worker may take to start where nobody knows better."""

NO_WORKERS = "workers end before they begin; look at the machine's memory and run again"

_MOST_BREAKS = 5

Result = TypeVar("Result")


class Watch:
    """Notices that a pool will not answer: Pebble leaves some futures waiting for ever.

    So it does with the tasks of a pool that breaks before it has looked at them, and with a task whose worker
    dies after it has taken it and before it has said so. Such a one shows when all others are done.

    idle_seconds: how long no worker may be at work before what waits is taken for lost; workers start in that time.
    """

    def __init__(self, pool: ProcessPool, idle_seconds: float) -> None:
        self._pool = pool
        self._idle_seconds = idle_seconds
        self._last_sign = time.monotonic()

    def check(self, futures: Iterable[Future[Any]]) -> None:
        """Look at the futures that are waited for; raises BrokenProcessPool where none will come."""
        if not self._pool.active:
            raise BrokenProcessPool("the pool is broken")
        now = time.monotonic()
        states = [future.running() or future.done() for future in futures]
        if any(states) or not states:
            self._last_sign = now
        elif now - self._last_sign > self._idle_seconds:
            raise BrokenProcessPool("the pool has lost its tasks")


def first_done(pool: ProcessPool, futures: Collection[Future[Any]], idle_seconds: float) -> set[Future[Any]]:
    """Wait for the first of the futures; BrokenProcessPool where none will come (see `Watch`)."""
    watch = Watch(pool, idle_seconds)
    while True:
        done, _ = wait(futures, timeout=1.0, return_when=FIRST_COMPLETED)
        if done:
            return done
        watch.check(futures)


def until_done(run: Callable[[], Iterator[Result]], who: str = "") -> Iterator[Result]:
    """Yield what a pool gives, from a new one where it breaks: a worker ended while none had a task.

    run: opens a pool and goes on with what is left. who: begins the message, as "whisper: ". Raises AskqaError where
    pools break again and again and nothing comes of them.
    """
    breaks = 0
    while True:
        try:
            for result in run():
                breaks = 0
                yield result
        except BrokenProcessPool as error:
            breaks += 1
            if breaks > _MOST_BREAKS:
                raise AskqaError(f"{who}{NO_WORKERS}") from error
        else:
            return


def failure(future: Future[Any]) -> str | None:
    """Say how a worker ended where it did not answer; None where it did, be it with an error."""
    error = future.exception()
    if isinstance(error, ProcessExpired):
        return f"the worker ended with exit code {error.exitcode}"
    if isinstance(error, TimeoutError):
        return "the worker gave no answer in time"
    return None


def schedule(
    pool: ProcessPool, function: Callable[..., Any], args: tuple[Any, ...], timeout: float | None = None
) -> Future[Any]:
    """Hand a task to the pool, which the first one starts; BrokenProcessPool where it is broken."""
    with without_interrupts():
        try:
            return pool.schedule(function, args=args, timeout=timeout)
        except RuntimeError as error:
            raise BrokenProcessPool(str(error)) from error


def ended_by(pool: ProcessPool, function: Callable[..., Any], args: tuple[Any, ...], timeout: float) -> str | None:
    """Run a task, again where its worker ends or hangs, and say what happened if it happened twice."""
    happened = None
    for _ in range(2):
        future = schedule(pool, function, args, timeout)
        first_done(pool, [future], max(timeout, STARTING_SECONDS))  # the worker may have to start first
        happened = failure(future)
        if happened is None:
            future.result()
            break
    return happened


def end_with(parent: int) -> None:
    """End this process soon after its parent, however that ended."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
