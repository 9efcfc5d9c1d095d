"""The local executor: blocks in worker processes, which may die or hang without harm.

A worker runs all three steps of a block and writes the result to the spool. Pebble's pool tells whose worker
died or timed out. Such a block is tried once more, since the machine may be at fault; if it fails again, each
of its takes is tried alone to find the one whose text kills or hangs its engine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace

from pebble import ProcessPool

from askqa_builder.build.plan import Block, Take, estimate
from askqa_builder.build.poison import MOST_TRIES, find_poison, no_cause
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.spool import BlockOutcome, PackedBlock, Spool, pack
from askqa_builder.build.worker_pool import ready_worker, worker_pool
from askqa_builder.errors import AskqaError
from askqa_builder.pools import failure, first_done, schedule, until_done

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

    def run(self, blocks: Iterable[Block]) -> Iterator[BlockOutcome]:
        """Run the blocks and yield their outcomes as they finish; in memory are a few blocks a worker.

        Raises StorageError where a worker could not write, AskqaError where workers die without a cause in
        the text. Closing the generator ends the workers at once.
        """
        waiting = iter(blocks)
        retries: deque[_Job] = deque()
        yield from until_done(lambda: self._run_pool(waiting, retries))

    def _run_pool(self, waiting: Iterator[Block], retries: deque[_Job]) -> Iterator[BlockOutcome]:
        """Run what waits in one pool; where it breaks, its unfinished jobs go to `retries`."""
        running: dict[Future[BlockOutcome], _Job] = {}
        with worker_pool(self._workers, self._recipe, self._spool.folder, speaking=True) as pool:
            try:
                while True:
                    self._fill(pool, running, retries, waiting)
                    if not running:
                        break
                    for future in first_done(pool, running, self._recipe.opening_seconds):
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
            timeout = block_seconds(job.block, self._recipe)
            running[schedule(pool, _run_block, (job.block, job.poison), timeout)] = job
            job.tries += 1
            retries.popleft()  # only now: a broken pool takes no job

    def _settle(self, pool: ProcessPool, future: Future[BlockOutcome], job: _Job) -> BlockOutcome | None:
        """Return the outcome, or None where the block has to be run again."""
        happened = failure(future)
        if happened is None:
            return future.result()
        if job.tries >= MOST_TRIES:
            raise AskqaError(no_cause("workers keep ending", happened, job.block))
        if job.tries > 1:
            job.poison.update(
                find_poison(pool, try_take, job.block, job.poison, lambda take: seconds_alone(take, self._recipe))
            )
        return None


def _run_block(block: Block, poison: Mapping[int, str]) -> BlockOutcome:
    """Do the three steps of a block and spool its rows. Runs in a worker."""
    with ready_worker() as here:
        finished = here.worker.make(block, poison)
        return here.spool.write(block.index, finished.rows, finished.rejects)


def pack_block(block: Block, poison: Mapping[int, str]) -> PackedBlock:
    """Do the three steps of a block and return its rows. Runs in a worker."""
    with ready_worker() as here:
        finished = here.worker.make(block, poison)
        return pack(block.index, finished.rows, finished.rejects)


def try_take(block: Block, _: Mapping[int, str], place: int) -> None:
    """Do the steps of a single take without keeping anything. Runs in a worker."""
    with ready_worker() as here:
        here.worker.make(replace(block, takes=(block.takes[place],)), {})


def block_seconds(block: Block, recipe: Recipe) -> float:
    """How long the steps of a block may last before it counts as hung."""
    return recipe.start_seconds + block.seconds * recipe.seconds_per_second


def seconds_alone(take: Take, recipe: Recipe) -> float:
    """How long the steps of a single take may last before it counts as hung."""
    return recipe.start_seconds + estimate(take.conversation, recipe).spoken * recipe.seconds_per_second
