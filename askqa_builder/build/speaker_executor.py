"""The executor for engines that speak apart: a speaking process a device, and workers for all the rest.

A block is planned by a worker, spoken together with others by a speaker, and finished by a worker; the three go on
at the same time for different blocks. A speaker that dies is replaced. What it had is spoken once more, block by
block; a block that ends it again is searched for the conversation that does it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from pebble import ProcessPool

from askqa_builder.build.plan import Block
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.speaker import Speaker, SpeakingJob, read_spoken
from askqa_builder.build.spool import BlockOutcome, Spool
from askqa_builder.build.steps import crashed, finish_block, in_take_order, in_turns, plan_block, utterances_by_engine
from askqa_builder.build.worker_pool import failure, ready_worker, schedule, worker_pool
from askqa_builder.errors import AskqaError, EngineError
from askqa_builder.speech.engine import PreparingEngine, Utterance

_MOST_TRIES = 6
_MOST_BREAKS = 5
_PLANNED_AHEAD = 16
_MOST_UNDER_WAY = 16
_SPOKEN_PER_WORKER = 3
"""Spoken blocks that wait for a worker, before the speakers have to wait for the workers."""

_POLL_SECONDS = 0.05
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
    utterances: Mapping[str, list[Utterance]] = field(default_factory=dict)


class SpeakerExecutor:
    """Runs blocks with a speaker on each of the recipe's devices and workers on this machine's cores."""

    def __init__(self, recipe: Recipe, spool: Spool, workers: int) -> None:
        self._recipe = recipe
        self._spool = spool
        self._workers = workers
        self._start_seconds = max(info.pace.start_seconds for info in recipe.engines.values())
        self._seconds_per_second = 1 / min(info.pace.minimum_speed for info in recipe.engines.values())
        self._to_plan: deque[_Job] = deque()
        self._to_speak: deque[_Job] = deque()
        self._to_finish: deque[_Job] = deque()
        self._spoken_by: dict[int, _Job] = {}
        self._at_work: dict[Future[Any], tuple[_Job, deque[_Job]]] = {}
        self._speakers: list[Speaker] = []
        self._breaks = 0

    def run(self, blocks: Iterable[Block]) -> Iterator[BlockOutcome]:
        """Run the blocks and yield their outcomes as they finish; in memory are a few blocks a worker and device.

        Raises EngineError where a device or server fails, after all that was spoken is finished; StorageError and
        AskqaError as the local executor does. Closing the generator ends all processes at once.
        """
        waiting = iter(blocks)
        breaks = 0
        try:
            self._speakers = [Speaker(self._recipe, device) for device in self._recipe.devices]
            while True:
                try:
                    for outcome in self._run_pool(waiting):
                        breaks = 0
                        yield outcome
                except BrokenProcessPool as error:  # a worker ended while none had a task: a new pool goes on
                    breaks += 1
                    if breaks > _MOST_BREAKS:
                        message = "workers end before they begin; look at the machine's memory and run again"
                        raise AskqaError(message) from error
                else:
                    return
        finally:
            for speaker in self._speakers:
                speaker.stop()

    def _run_pool(self, waiting: Iterator[Block]) -> Iterator[BlockOutcome]:
        """Run what waits with one pool of workers; where it breaks, what they had waits again."""
        with worker_pool(self._workers, self._recipe, self._spool.folder, speaking=False) as pool:
            try:
                while self._hand_out(pool, waiting):
                    try:
                        self._listen()
                    except AskqaError:
                        yield from self._finish_what_is_spoken(pool)
                        raise
                    yield from self._settle(pool)
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
            seconds = self._start_seconds + job.block.seconds / _FINISHING_SPEED
            self._at_work[schedule(pool, _plan, (job.block, job.poison), seconds)] = (job, self._to_plan)
            self._to_plan.popleft()  # only now: a broken pool takes no job
            planning += 1
        spoken = len(self._to_finish) + len(self._at_work) - planning
        if spoken < _SPOKEN_PER_WORKER * self._workers:
            self._hand_to_speakers()
        return bool(self._at_work or self._to_speak or self._spoken_by or self._to_plan or self._to_finish)

    def _hand_to_finish(self, pool: ProcessPool) -> None:
        while self._to_finish:
            job = self._to_finish[0]
            seconds = self._start_seconds + job.block.seconds / _FINISHING_SPEED
            arguments = (job.block, job.poison, self._path(job))
            self._at_work[schedule(pool, _finish, arguments, seconds)] = (job, self._to_finish)
            self._to_finish.popleft()

    def _hand_to_speakers(self) -> None:
        for speaker in self._speakers:
            # few at first: nobody knows yet how fast it is
            while self._to_speak and len(speaker.under_way) < min(2 + speaker.answered, _MOST_UNDER_WAY):
                job = self._to_speak[0]
                if speaker.under_way and (job.alone or self._has_one_alone(speaker)):
                    break
                self._to_speak.popleft()
                self._spoken_by[job.block.index] = job
                speaker.send(SpeakingJob(job.block.index, job.block.seconds, job.utterances, self._path(job)))

    def _has_one_alone(self, speaker: Speaker) -> bool:
        return any(self._spoken_by[number].alone for number in speaker.under_way)

    def _listen(self) -> None:
        """Wait a moment for somebody to be done, and take what the speakers have spoken. Raises AskqaError."""
        ends = [end for speaker in self._speakers for end in (speaker.connection, speaker.sentinel)]
        if not any(future.done() for future in self._at_work):
            wait(ends, timeout=_POLL_SECONDS)
        for place, speaker in enumerate(self._speakers):
            try:
                for number in speaker.receive():
                    self._to_finish.append(self._spoken_by.pop(number))
            except EOFError:
                self._replace(place)
                continue
            if speaker.under_way and self._is_late(speaker):
                self._replace(place)

    def _is_late(self, speaker: Speaker) -> bool:
        seconds = sum(job.seconds for job in speaker.under_way.values())
        return time.monotonic() - speaker.last_sign > self._start_seconds + seconds * self._seconds_per_second

    def _replace(self, place: int) -> None:
        """Start a new speaker in place of one that ended, and see to the jobs that it had."""
        ended = self._speakers[place]
        happened = ended.stop()
        self._breaks = 0 if ended.answered else self._breaks + 1
        if self._breaks > _MOST_BREAKS:
            raise EngineError(f"speaking fails before it begins ({happened}); look at the machine and run again")
        self._speakers[place] = Speaker(self._recipe, self._recipe.devices[place])
        jobs = [self._spoken_by.pop(number) for number in ended.under_way]
        for job in reversed(jobs):
            job.speaking_tries += 1
            if job.speaking_tries > _MOST_TRIES:
                raise EngineError(
                    f"speaking keeps failing ({happened}) near {job.block.takes[0].conversation.id!r}, though none of "
                    "its conversations alone does it; look at the machine's memory and run again"
                )
            if job.alone:
                job.poison.update(self._find_poison(place, job))
                self._to_plan.appendleft(job)
            else:
                job.alone = True
                self._to_speak.appendleft(job)

    def _find_poison(self, place: int, job: _Job) -> dict[int, str]:
        """Speak each take of a block alone, twice if need be, and return those that end their speaker both times."""
        found = {}
        for number, take in enumerate(job.block.takes):
            if number in job.poison:
                continue
            alone = utterances_by_engine(plan_block(replace(job.block, takes=(take,)), self._recipe))
            probe = SpeakingJob(-1, job.block.seconds, alone, None)
            happened = self._try_alone(place, probe) and self._try_alone(place, probe)
            if happened:
                found[number] = happened
        return found

    def _try_alone(self, place: int, probe: SpeakingJob) -> str | None:
        speaker = self._speakers[place]
        speaker.send(probe)
        while True:
            wait([speaker.connection, speaker.sentinel], timeout=_POLL_SECONDS)
            try:
                if speaker.receive():
                    return None
                late = self._is_late(speaker)
            except EOFError:
                late = True
            if late:
                happened = speaker.stop()
                self._speakers[place] = Speaker(self._recipe, self._recipe.devices[place])
                return happened

    def _settle(self, pool: ProcessPool) -> Iterator[BlockOutcome]:
        """Take what the workers have done: planned blocks go on to be spoken, finished ones are yielded."""
        for future in [future for future in self._at_work if future.done()]:
            job, queue = self._at_work.pop(future)
            happened = failure(future)
            if happened is None:
                result = future.result()
                if queue is self._to_plan:
                    job.utterances = result
                    (self._to_speak.appendleft if job.alone else self._to_speak.append)(job)
                else:
                    yield result
                continue
            job.worker_tries += 1
            if job.worker_tries >= _MOST_TRIES:
                raise AskqaError(
                    f"workers keep ending ({happened}) near {job.block.takes[0].conversation.id!r}; look at the "
                    "machine's memory and run again"
                )
            queue.appendleft(job)
        if not pool.active:
            raise BrokenProcessPool("the pool is broken")

    def _finish_what_is_spoken(self, pool: ProcessPool) -> Iterator[BlockOutcome]:
        """Finish what the speakers have left, so that a build that stops loses none of it."""
        self._hand_to_finish(pool)
        while any(queue is self._to_finish for _, queue in self._at_work.values()):
            time.sleep(_POLL_SECONDS)
            yield from self._settle(pool)
            self._hand_to_finish(pool)

    def _path(self, job: _Job) -> Path:
        return self._spool.speech_path(job.block.index)


def _healthy(block: Block, poison: Mapping[int, str]) -> Block:
    return replace(block, takes=tuple(take for i, take in enumerate(block.takes) if i not in poison))


def _plan(block: Block, poison: Mapping[int, str]) -> dict[str, list[Utterance]]:
    """Return what a block's engines have to speak, texts prepared where they can be. Runs in a worker."""
    with ready_worker() as worker:
        batches = utterances_by_engine(plan_block(_healthy(block, poison), worker.recipe))
        for key, engine in worker.engines.items():
            if key in batches and isinstance(engine, PreparingEngine):
                batches[key] = [replace(one, prepared=engine.prepare(one.text)) for one in batches[key]]
        return batches


def _finish(block: Block, poison: Mapping[int, str], path: Path) -> BlockOutcome:
    """Finish a block that was spoken and spool its rows. Runs in a worker."""
    with ready_worker() as worker:
        planned = plan_block(_healthy(block, poison), worker.recipe)
        finished = finish_block(planned, in_turns(planned, read_spoken(path)), worker.recipe)
        rejects = [*finished.rejects, *crashed(block, poison)]
        outcome = worker.spool.write(block.index, finished.rows, in_take_order(block, rejects))
        path.unlink()  # not before: a worker may die
        return outcome
