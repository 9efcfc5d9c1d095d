"""A pool of worker processes that keep their engines open, and what is asked of it in several ways.

Pebble's pool tells whose worker died or timed out; the executors decide what follows from it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, TimeoutError, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from askqa_builder.build.recipe import Recipe, check_engines, open_engines
from askqa_builder.build.spool import Spool
from askqa_builder.errors import AskqaError
from askqa_builder.processes import WorkerContext, compute_on_one_core, keep_freed_memory
from askqa_builder.speech.engine import Engine


def first_done(pool: ProcessPool, futures: Collection[Future[Any]]) -> set[Future[Any]]:
    """Wait for the first of the futures; BrokenProcessPool where none will come.

    A pool that breaks before it has looked at a task leaves that task's future waiting for ever.
    """
    while True:
        done, _ = wait(futures, timeout=1.0, return_when=FIRST_COMPLETED)
        if done:
            return done
        if not pool.active:
            raise BrokenProcessPool("the pool is broken")


def failure(future: Future[Any]) -> str | None:
    """Say how a worker ended where it did not answer; None where it did, be it with an error."""
    error = future.exception()
    if isinstance(error, ProcessExpired):
        return f"the worker ended with exit code {error.exitcode}"
    if isinstance(error, TimeoutError):
        return "the worker gave no answer in time"
    return None


def schedule(pool: ProcessPool, function: Callable[..., Any], args: tuple[Any, ...], timeout: float) -> Future[Any]:
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
        first_done(pool, [future])
        happened = failure(future)
        if happened is None:
            future.result()
            break
    return happened


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Put Ctrl-C off until the end of the `with` block, and keep it for ever from what is started in it.

    Threads and processes inherit that the signal is blocked: a worker must not be interrupted while it
    imports, before it can ignore the signal. In this process blocking is not enough: a thread of some library
    may get the signal, and Python then interrupts the main thread, perhaps half-way through a worker's start.
    """
    came: list[int] = []
    handler = signal.getsignal(signal.SIGINT)
    replaced = callable(handler) and threading.current_thread() is threading.main_thread()
    if replaced:
        signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if replaced:
            signal.signal(signal.SIGINT, handler)
        if came and callable(handler):
            handler(signal.SIGINT, None)


def worker_pool(workers: int, recipe: Recipe, spool: Path, *, speaking: bool) -> ProcessPool:
    """Return a pool of workers, which start with the first task.

    speaking: they open the engines to speak; otherwise only those that prepare texts for a speaker elsewhere.
    """
    resource_tracker.ensure_running()  # before Ctrl-C is blocked: its start unblocks it
    return ProcessPool(
        max_workers=workers,
        context=WorkerContext(),
        initializer=_start_worker,
        initargs=(recipe, spool, os.getpid(), speaking),
    )


@dataclass(frozen=True)
class Worker:
    """What a worker process keeps from block to block; the engines stay open as long as `lifetime`."""

    recipe: Recipe
    engines: Mapping[str, Engine]
    spool: Spool
    lifetime: ExitStack


_worker: Worker | AskqaError
"""Of a worker process: what it has, or why it could not start."""


def _start_worker(recipe: Recipe, spool: Path, parent: int, speaking: bool) -> None:
    """Prepare a worker process. Ctrl-C is the main process's business; without it a worker ends."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    compute_on_one_core()
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    lifetime = ExitStack()
    try:
        engines = lifetime.enter_context(open_engines(recipe.profiles.profiles, recipe.devices[0], not speaking))
        if speaking:
            check_engines(engines, recipe)
    except AskqaError as error:  # told with the first block: what goes wrong here ends the pool without a word
        _worker = error
        return
    _worker = Worker(recipe, engines, Spool(spool), lifetime)


def end_with(parent: int) -> None:
    """End this process soon after its parent, however that ended."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


@contextmanager
def ready_worker() -> Iterator[Worker]:
    """Give this process's worker; whatever goes wrong in the `with` block becomes one of our errors.

    An engine may even call `sys.exit`, which must not end the build as if it were done.
    """
    if isinstance(_worker, AskqaError):
        raise _worker
    try:
        yield _worker
    except (AskqaError, OSError):
        raise
    except BaseException as error:
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        raise AskqaError(f"a worker failed ({what}); run the same command again, and report it if it stays") from error
