"""Where the steps of a build run, by its options and engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from askqa_builder.build.job import Job
from askqa_builder.build.local_executor import LocalExecutor
from askqa_builder.build.options import RAY
from askqa_builder.build.plan import Block
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.speaker_executor import SpeakerExecutor
from askqa_builder.build.spool import BlockOutcome, Spool


class Executor(Protocol):
    """Runs the blocks of a build somewhere."""

    def run(self, blocks: Iterable[Block]) -> Iterator[BlockOutcome]:
        """Run the blocks and yield their outcomes as they finish, in any order."""


def choose_executor(job: Job, spool: Spool, blocks: int) -> Executor:
    """Choose where the steps run: all in the workers, or speaking apart, on a device or through a server."""
    if job.options.executor == RAY:
        return _ray_executor(job, spool, blocks)
    workers = min(job.options.worker_count, blocks)
    return (SpeakerExecutor if speaks_apart(job.recipe) else LocalExecutor)(job.recipe, spool, workers)


def _ray_executor(job: Job, spool: Spool, blocks: int) -> Executor:
    from askqa_builder.build.on_ray.executor import RayExecutor
    from askqa_builder.build.on_ray.speaker_executor import RaySpeakerExecutor

    kind = RaySpeakerExecutor if speaks_apart(job.recipe) else RayExecutor
    return kind(job.recipe, spool, job.options.workers, blocks, job.options.ray_address)


def speaks_apart(recipe: Recipe) -> bool:
    """Tell whether some engine is better asked by one process than by every worker."""
    return any(info.pace.apart for info in recipe.engines.values())
