"""The executor for engines that speak apart: a speaking process a device, and workers for all the rest.

A block is planned by a worker, spoken together with others by a speaker, and finished by a worker; the three go on
at the same time for different blocks. A speaker that dies is replaced. What it had is spoken once more, block by
block; a block that ends it again is searched for the conversation that does it. So is one that ends its workers.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pebble import ProcessPool

from askqa_builder.build.plan import Block
from askqa_builder.build.poison import MOST_TRIES, find_poison, no_cause
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.speaker import Speaker, SpeakingJob
from askqa_builder.build.speakers import POLL_SECONDS, Speakers
from askqa_builder.build.spool import BlockOutcome, Spool, write_pickled
from askqa_builder.build.worker_pool import ready_worker, worker_pool
from askqa_builder.errors import AskqaError, EngineError, StorageError
from askqa_builder.pools import Watch, failure, schedule, until_done

_PLANNED_AHEAD = 16
_MOST_UNDER_WAY = 16
_SPOKEN_PER_WORKER = 3
"""Spoken blocks that wait for a worker, before the speakers have to wait for the workers."""

_FINISHING_SPEED = 2.0


@dataclass
class _Job:
    """A block on its way. tries: how often it was with a speaker that died, and with a worker that did.

    alone: it is spoken with no other beside it. poison: takes, by place, that end their engine, and what happened.
    """

    block: Block
    speaking_tries: int = 0
    worker_tries: int = 0
    alone: bool = False
    poison: dict[int, str] = field(default_factory=dict)


class SpeakerExecutor:
    """Runs blocks with a speaker on each of the recipe's devices and workers on this machine's cores."""

    def __init__(self, recipe: Recipe, spool: Spool, workers: int) -> None:
        self._recipe = recipe
        self._spool = spool
        self._workers = workers
        self._to_plan: deque[_Job] = deque()
        self._to_speak: deque[_Job] = deque()
        self._to_finish: deque[_Job] = deque()
        self._spoken_by: dict[int, _Job] = {}
        self._at_work: dict[Future[Any], tuple[_Job, deque[_Job]]] = {}
        self._speakers = Speakers(recipe)

    def run(self, blocks: Iterable[Block]) -> Iterator[BlockOutcome]:
        """Run the blocks and yield their outcomes as they finish; in memory are a few blocks a worker and device.

        Raises EngineError where a device or server fails, after all that was spoken is finished; StorageError and
        AskqaError as the local executor does. Closing the generator ends all processes at once.
        """
        waiting = iter(blocks)
        self._spool.remove_all_handed_over()  # by a build that was killed
        try:
            self._speakers.start()
            yield from until_done(lambda: self._run_pool(waiting))
        finally:
            self._speakers.stop()
            with suppress(StorageError):  # another error is on its way, or nothing is left
                self._spool.remove_all_handed_over()

    def _run_pool(self, waiting: Iterator[Block]) -> Iterator[BlockOutcome]:
        """Run what waits with one pool of workers; where it breaks, what they had waits again."""
        with worker_pool(self._workers, self._recipe, self._spool.folder, speaking=False) as pool:
            watch = Watch(pool, self._recipe.opening_seconds)
            try:
                while self._hand_out(pool, waiting):
                    try:
                        self._listen()
                    except AskqaError:
                        with suppress(BrokenProcessPool):
                            yield from self._finish_what_is_spoken(pool, watch)
                        raise
                    yield from self._settle(pool, watch)
                pool.close()
            except BrokenProcessPool:
                for job, queue in self._at_work.values():
                    queue.append(job)
                self._at_work.clear()
                raise
            finally:
                pool.stop()
                pool.join()

    def _hand_out(self, pool: ProcessPool, waiting: Iterator[Block]) -> bool:
        """Give everybody something to do; tell whether there is anything left to wait for."""
        self._hand_to_finish(pool)
        ahead = _PLANNED_AHEAD * len(self._speakers)
        planning = sum(queue is self._to_plan for _, queue in self._at_work.values())
        while len(self._to_speak) + planning < ahead:
            if not self._to_plan:
                block = next(waiting, None)
                if block is None:
                    break
                self._to_plan.append(_Job(block))
            job = self._to_plan[0]
            arguments = (job.block, job.poison)
            self._at_work[schedule(pool, _plan, arguments, self._seconds(job))] = (job, self._to_plan)
            self._to_plan.popleft()  # only now: a broken pool takes no job
            planning += 1
        spoken = len(self._to_finish) + len(self._at_work) - planning
        if spoken < _SPOKEN_PER_WORKER * self._workers:
            self._hand_to_speakers()
        return bool(self._at_work or self._to_speak or self._spoken_by or self._to_plan or self._to_finish)

    def _hand_to_finish(self, pool: ProcessPool) -> None:
        while self._to_finish:
            job = self._to_finish[0]
            arguments = (job.block, job.poison)
            self._at_work[schedule(pool, _finish, arguments, self._seconds(job))] = (job, self._to_finish)
            self._to_finish.popleft()

    def _hand_to_speakers(self) -> None:
        for speaker in self._speakers:
            # few at first: nobody knows yet how fast it is
            while self._to_speak and len(speaker.under_way) < min(2 + speaker.answered, _MOST_UNDER_WAY):
                job = self._to_speak[0]
                if speaker.under_way and (job.alone or self._has_one_alone(speaker)):
                    break
                self._to_speak.popleft()
                index = job.block.index
                self._spoken_by[index] = job
                texts, speech = self._spool.texts_path(index), self._spool.speech_path(index)
                speaker.send(SpeakingJob(index, job.block.seconds, texts, speech))

    def _has_one_alone(self, speaker: Speaker) -> bool:
        return any(self._spoken_by[number].alone for number in speaker.under_way)

    def _listen(self) -> None:
        """Wait a moment for somebody to be done, and take what the speakers have spoken. Raises AskqaError."""
        if not any(future.done() for future in self._at_work):
            self._speakers.wait()
        failed: AskqaError | None = None
        for place, speaker in enumerate(self._speakers):
            try:
                self._hear(place, speaker)
            except AskqaError as error:  # not before the others were heard
                failed = failed or error
        if failed is not None:
            raise failed

    def _hear(self, place: int, speaker: Speaker) -> None:
        """Take what a speaker has spoken; where it ended, see to a new one and to its jobs."""
        try:
            for number in speaker.receive():
                self._to_finish.append(self._spoken_by.pop(number))
            return
        except EOFError:
            happened = self._speakers.replace(place)
        jobs = [self._spoken_by.pop(number) for number in speaker.under_way]
        for job in reversed(jobs):
            if not speaker.ready:  # it had not begun
                self._to_speak.appendleft(job)
                continue
            job.speaking_tries += 1
            if job.speaking_tries > MOST_TRIES:
                raise EngineError(no_cause("speaking keeps failing", happened, job.block))
            if job.alone:
                texts = self._spool.texts_path(job.block.index)
                job.poison.update(self._speakers.find_poison(place, job.block, job.poison, texts))
                self._to_plan.appendleft(job)
            else:
                job.alone = True
                self._to_speak.appendleft(job)

    def _settle(self, pool: ProcessPool, watch: Watch) -> Iterator[BlockOutcome]:
        """Take what the workers have done: planned blocks go on to be spoken, finished ones are yielded."""
        for future in [future for future in self._at_work if future.done()]:
            job, queue = self._at_work[future]
            happened = failure(future)
            if happened is not None:
                self._retry(pool, job, queue, happened)
                del self._at_work[future]
                continue
            result = future.result()  # in a broken pool the job stays at work
            del self._at_work[future]
            if queue is self._to_plan and not result:
                self._to_finish.append(job)
            elif queue is self._to_plan:
                (self._to_speak.appendleft if job.alone else self._to_speak.append)(job)
            else:
                self._spool.remove_handed_over(job.block.index)  # not by the worker, which may die over it
                yield result
        watch.check(self._at_work)

    def _retry(self, pool: ProcessPool, job: _Job, queue: deque[_Job], happened: str) -> None:
        """See to a job whose worker ended or hung."""
        job.worker_tries += 1
        if job.worker_tries >= MOST_TRIES:
            raise AskqaError(no_cause("workers keep ending", happened, job.block))
        if job.worker_tries > 1:
            try_take = try_plan if queue is self._to_plan else try_finish
            found = find_poison(pool, try_take, job.block, job.poison, lambda _: self._seconds(job))
            if found:  # it has to be spoken anew without them
                job.poison.update(found)
                queue = self._to_plan
        queue.appendleft(job)

    def _finish_what_is_spoken(self, pool: ProcessPool, watch: Watch) -> Iterator[BlockOutcome]:
        """Finish what the speakers have left, so that a build that stops loses none of it."""
        self._hand_to_finish(pool)
        while any(queue is self._to_finish for _, queue in self._at_work.values()):
            time.sleep(POLL_SECONDS)
            yield from self._settle(pool, watch)
            self._hand_to_finish(pool)

    def _seconds(self, job: _Job) -> float:
        return working_seconds(job.block, self._recipe)


def working_seconds(block: Block, recipe: Recipe) -> float:
    """How long a worker may take to plan or finish a block."""
    return recipe.start_seconds + block.seconds / _FINISHING_SPEED


def _plan(block: Block, poison: Mapping[int, str]) -> bool:
    """Leave what a block's engines have to speak to the speaker; tell whether it is anything. Runs in a worker."""
    with ready_worker() as here:
        recalled, texts = here.worker.plan(block, poison)
        write_pickled(here.spool.recalled_path(block.index), recalled)
        if texts:
            write_pickled(here.spool.texts_path(block.index), texts)
        else:
            write_pickled(here.spool.speech_path(block.index), {})
        return bool(texts)


def _finish(block: Block, poison: Mapping[int, str]) -> BlockOutcome:
    """Finish a block that was spoken and spool its rows. Runs in a worker."""
    with ready_worker() as here:
        finished = here.worker.finish(block, poison, *here.spool.handed_over(block.index))
        return here.spool.write(block.index, finished.rows, finished.rejects)


def try_plan(block: Block, _: Mapping[int, str], place: int) -> None:
    """Prepare a single take without keeping anything. Runs in a worker."""
    with ready_worker() as here:
        here.worker.try_plan(block, place)


def try_finish(block: Block, poison: Mapping[int, str], place: int) -> None:
    """Finish a single take of a block that was spoken without keeping anything. Runs in a worker."""
    with ready_worker() as here:
        here.worker.try_finish(block, poison, *here.spool.handed_over(block.index), place)
