"""The local executor: blocks in worker processes, which may die or hang without harm.

A worker runs all three steps of a block and writes the result to the spool. Pebble's pool tells whose worker
died or timed out. Such a block is tried once more, since the machine may be at fault; if it fails again, each
of its takes is tried alone to find the one whose text kills or hangs its engine.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, TimeoutError, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from askqa_builder.build.plan import Block, Take, estimate
from askqa_builder.build.planned import PlannedTake
from askqa_builder.build.processes import WorkerContext, keep_freed_memory
from askqa_builder.build.recipe import Recipe, open_engines
from askqa_builder.build.spool import BlockOutcome, Spool
from askqa_builder.build.steps import Finished, finish_block, plan_block, reject, speak_block
from askqa_builder.corpus.rejects import Reject
from askqa_builder.errors import AskqaError
from askqa_builder.speech.engine import Engine

SECONDS_AT_ONCE = 120.0
"""Speech that a worker asks of its engine in one batch."""

_MOST_TRIES = 6
_MOST_BREAKS = 5
_QUEUED_PER_WORKER = 6
"""Blocks handed out, so that no worker waits while the main process writes a row group."""


@dataclass
class _Job:
    """A block on its way. poison: the takes, by place, that kill or hang their engine, with what happened."""

    block: Block
    tries: int = 0
    poison: dict[int, str] = field(default_factory=dict)


class LocalExecutor:
    """Runs blocks on this machine's cores."""

    def __init__(self, recipe: Recipe, spool: Spool, workers: int) -> None:
        self._recipe = recipe
        self._spool = spool
        self._workers = workers
        self._start_seconds = max(info.pace.start_seconds for info in recipe.engines.values())
        self._seconds_per_second = 1 / min(info.pace.minimum_speed for info in recipe.engines.values())

    def run(self, blocks: Iterable[Block]) -> Iterator[BlockOutcome]:
        """Run the blocks and yield their outcomes as they finish; in memory are a few blocks a worker.

        Raises StorageError where a worker could not write, AskqaError where workers die without a cause in
        the text. Closing the generator ends the workers at once.
        """
        waiting = iter(blocks)
        retries: deque[_Job] = deque()
        breaks = 0
        while True:
            try:
                for outcome in self._run_pool(waiting, retries):
                    breaks = 0
                    yield outcome
            except BrokenProcessPool as error:  # a worker ended while none had a block: a new pool goes on
                breaks += 1
                if breaks > _MOST_BREAKS:
                    raise AskqaError(
                        "workers end before they begin; look at the machine's memory and run again"
                    ) from error
            else:
                return

    def _run_pool(self, waiting: Iterator[Block], retries: deque[_Job]) -> Iterator[BlockOutcome]:
        """Run what waits in one pool; where it breaks, its unfinished jobs go to `retries`."""
        running: dict[Future[BlockOutcome], _Job] = {}
        with _pool(self._workers, self._recipe, self._spool.folder) as pool:
            try:
                while True:
                    self._fill(pool, running, retries, waiting)
                    if not running:
                        break
                    for future in _first_done(pool, running):
                        outcome = self._settle(pool, future, running[future])
                        job = running.pop(future)
                        if outcome is None:
                            retries.append(job)
                        else:
                            yield outcome
                pool.close()
            except BrokenProcessPool:
                for job in running.values():
                    job.tries -= 1
                retries.extend(running.values())
                raise
            finally:
                pool.stop()
                pool.join()

    def _fill(
        self,
        pool: ProcessPool,
        running: dict[Future[BlockOutcome], _Job],
        retries: deque[_Job],
        waiting: Iterator[Block],
    ) -> None:
        while len(running) < self._workers * _QUEUED_PER_WORKER:
            if not retries:
                block = next(waiting, None)
                if block is None:
                    return
                retries.append(_Job(block))
            job = retries[0]
            timeout = self._start_seconds + job.block.seconds * self._seconds_per_second
            running[_schedule(pool, _run_block, (job.block, job.poison), timeout)] = job
            job.tries += 1
            retries.popleft()  # only now: a broken pool takes no job

    def _settle(self, pool: ProcessPool, future: Future[BlockOutcome], job: _Job) -> BlockOutcome | None:
        """Return the outcome, or None where the block has to be run again."""
        happened = _failure(future)
        if happened is None:
            return future.result()
        if job.tries >= _MOST_TRIES:
            raise AskqaError(
                f"workers keep ending ({happened}) near {job.block.takes[0].conversation.id!r}, though none of "
                "its conversations alone does it; look at the machine's memory and run again"
            )
        if job.tries > 1:
            job.poison.update(self._find_poison(pool, job))
        return None

    def _find_poison(self, pool: ProcessPool, job: _Job) -> dict[int, str]:
        """Try each take of a block alone, twice if need be, and return those that fail both times."""
        found = {}
        for place, take in enumerate(job.block.takes):
            if place in job.poison:
                continue
            happened = self._try_alone(pool, job.block, take) and self._try_alone(pool, job.block, take)
            if happened:
                found[place] = happened
        return found

    def _try_alone(self, pool: ProcessPool, block: Block, take: Take) -> str | None:
        seconds = estimate(take.conversation, self._recipe).spoken
        timeout = self._start_seconds + seconds * self._seconds_per_second
        future = _schedule(pool, _try_take, (replace(block, takes=(take,)),), timeout)
        _first_done(pool, [future])
        happened = _failure(future)
        if happened is None:
            future.result()
        return happened


def _first_done(pool: ProcessPool, futures: Collection[Future[Any]]) -> set[Future[Any]]:
    """Wait for the first of the futures; BrokenProcessPool where none will come.

    A pool that breaks before it has looked at a task leaves that task's future waiting for ever.
    """
    while True:
        done, _ = wait(futures, timeout=1.0, return_when=FIRST_COMPLETED)
        if done:
            return done
        if not pool.active:
            raise BrokenProcessPool("the pool is broken")


def _failure(future: Future[Any]) -> str | None:
    """Say how a worker ended where it did not answer; None where it did, be it with an error."""
    error = future.exception()
    if isinstance(error, ProcessExpired):
        return f"the worker ended with exit code {error.exitcode}"
    if isinstance(error, TimeoutError):
        return "the worker gave no answer in time"
    return None


def _schedule(pool: ProcessPool, function: Callable[..., Any], args: tuple[Any, ...], timeout: float) -> Future[Any]:
    """Hand a task to the pool, which the first one starts; BrokenProcessPool where it is broken."""
    with _without_interrupts():
        try:
            return pool.schedule(function, args=args, timeout=timeout)
        except RuntimeError as error:
            raise BrokenProcessPool(str(error)) from error


@contextmanager
def _without_interrupts() -> Iterator[None]:
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


def _pool(workers: int, recipe: Recipe, spool: Path) -> ProcessPool:
    resource_tracker.ensure_running()  # before Ctrl-C is blocked: its start unblocks it
    return ProcessPool(
        max_workers=workers,
        context=WorkerContext(),
        initializer=_start_worker,
        initargs=(recipe, spool, os.getpid()),
    )


@dataclass(frozen=True)
class _Worker:
    """What a worker process keeps from block to block; the engines stay open as long as `lifetime`."""

    recipe: Recipe
    engines: Mapping[str, Engine]
    spool: Spool
    lifetime: ExitStack


_worker: _Worker | AskqaError
"""Of a worker process: what it has, or why it could not start."""


def _start_worker(recipe: Recipe, spool: Path, parent: int) -> None:
    """Prepare a worker process. Ctrl-C is the main process's business; without it a worker ends."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    lifetime = ExitStack()
    try:
        engines = lifetime.enter_context(open_engines(recipe.profiles.profiles, recipe.devices[0]))
    except AskqaError as error:  # told with the first block: what goes wrong here ends the pool without a word
        _worker = error
        return
    _worker = _Worker(recipe, engines, Spool(spool), lifetime)


def _end_with(parent: int) -> None:
    """End this process soon after its parent, however that ended."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _run_block(block: Block, poison: Mapping[int, str]) -> BlockOutcome:
    """Do the three steps of a block and spool its rows. Runs in a worker."""
    healthy = replace(block, takes=tuple(take for i, take in enumerate(block.takes) if i not in poison))
    finished = Finished()
    with _ready_worker() as worker:
        for portion in portions(plan_block(healthy, worker.recipe), block.seconds):
            finished.add(finish_block(portion, speak_block(portion, worker.engines), worker.recipe))
    poisoned = [
        reject(block.takes[i], "speak", "engine_crashed", f"this text ends its engine, twice alone: {happened}")
        for i, happened in poison.items()
    ]
    return worker.spool.write(block.index, finished.rows, in_take_order(block, [*finished.rejects, *poisoned]))


def portions(planned: Sequence[PlannedTake], seconds: float) -> Iterator[Sequence[PlannedTake]]:
    """Cut a block of so many seconds finer: a worker's memory is that of the speech it holds at once."""
    size = max(int(SECONDS_AT_ONCE * len(planned) / max(seconds, 1.0)), 1)
    return (planned[start : start + size] for start in range(0, len(planned), size))


def _try_take(block: Block) -> None:
    """Do the steps of a single take without keeping anything. Runs in a worker."""
    with _ready_worker() as worker:
        planned = plan_block(block, worker.recipe)
        finish_block(planned, speak_block(planned, worker.engines), worker.recipe)


@contextmanager
def _ready_worker() -> Iterator[_Worker]:
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


def in_take_order(block: Block, rejects: Iterable[Reject]) -> list[Reject]:
    """Sort rejects by the place of their item among the block's takes; those of one item keep their order."""
    order = {(take.conversation.file, take.conversation.index): i for i, take in enumerate(block.takes)}
    return sorted(rejects, key=lambda entry: order[entry.file, entry.index or 0])
