"""The executor for engines with which every worker speaks itself: blocks on Ray's actors, one a CPU.

Rows come back through Ray's object store, and this process alone writes: the dataset needs its disk, and no other.
What happens to a block whose actor ends or hangs is what the local executor does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import ray

from askqa_builder.build.local_executor import block_seconds, seconds_alone
from askqa_builder.build.on_ray.actors import Maker
from askqa_builder.build.on_ray.cluster import Cluster, connected
from askqa_builder.build.on_ray.crew import Crew, Loss, wait_for
from askqa_builder.build.on_ray.node import check_gpus, versions
from askqa_builder.build.plan import Block
from askqa_builder.build.poison import MOST_TRIES, no_cause
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.spool import BlockOutcome, Spool
from askqa_builder.errors import AskqaError


@dataclass(eq=False)
class _Job:
    """A block on its way. suspected: it ended its actor twice. poison: takes, by place, that do, and what happened."""

    block: Block
    tries: int = 0
    suspected: bool = False
    poison: dict[int, str] = field(default_factory=dict)


class RayExecutor:
    """Runs blocks on a cluster's CPUs, or where none is named, on those of this machine."""

    def __init__(self, recipe: Recipe, spool: Spool, workers: int | None, blocks: int, address: str | None) -> None:
        """Settle where to run. workers: actors, None for one a CPU; no more than blocks. address: see `connected`."""
        self._recipe = recipe
        self._spool = spool
        self._workers = workers
        self._blocks = blocks
        self._address = address
        self._again: deque[_Job] = deque()

    def run(self, blocks: Iterable[Block]) -> Iterator[BlockOutcome]:
        """Run the blocks and yield their outcomes as they finish; in memory are two blocks an actor.

        Raises AskqaError where actors end without a cause in the text or Ray fails, StorageError where rows cannot be
        written here, UsageError where a machine of the cluster would make other rows. Closing the generator ends the
        actors at once.
        """
        waiting = iter(blocks)
        with connected(self._address, self._workers) as cluster:
            crew = self._hire(cluster)
            try:
                while self._hand_out(crew, waiting):
                    wait_for(crew)
                    for event in crew.settle():
                        if isinstance(event, Loss):
                            self._retry(event)
                        elif event.tag.suspected:
                            event.tag.poison.update(event.value)
                            event.tag.suspected = False
                            self._again.append(event.tag)
                        else:
                            yield self._spool.store(event.value)
            finally:
                crew.stop()

    def _hire(self, cluster: Cluster) -> Crew[_Job]:
        check_gpus(self._recipe, cluster.gpus)
        maker = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Maker)
        opening = (self._recipe, versions(self._recipe), not cluster.own)
        size = max(min(self._workers or cluster.cpus, self._blocks), 1)
        return Crew(size, maker.remote, opening, self._recipe.start_seconds)

    def _hand_out(self, crew: Crew[_Job], waiting: Iterator[Block]) -> bool:
        """Give every free actor something to do; tell whether there is anything left to wait for."""
        for member in crew.free():
            job = self._next_job(waiting)
            if job is None:
                return bool(crew.tags)
            job.tries += 1
            if job.suspected:
                seconds = 2 * sum(seconds_alone(take, self._recipe) for take in job.block.takes)
                crew.ask(member, job, "find_poison", job.block, job.poison, seconds=seconds)
            else:
                seconds = 2 * block_seconds(job.block, self._recipe)  # the actor itself notices before that
                crew.ask(member, job, "make", job.block, job.poison, seconds=seconds)
        return True

    def _next_job(self, waiting: Iterator[Block]) -> _Job | None:
        if self._again:
            return self._again.popleft()
        block = next(waiting, None)
        return None if block is None else _Job(block)

    def _retry(self, loss: Loss[_Job]) -> None:
        """See to a job whose actor ended or hung."""
        job = loss.tag
        if not loss.suspect:
            job.tries -= 1
        elif job.tries >= MOST_TRIES:
            raise AskqaError(no_cause("workers keep ending", loss.happened, job.block))
        else:
            job.suspected = job.tries > 1
        self._again.append(job)
