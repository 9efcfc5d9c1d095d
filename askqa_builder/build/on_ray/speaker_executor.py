"""The executor for engines that speak apart: speaking actors, one a GPU, and actors on CPUs for all the rest.

A block is planned by a helper, spoken together with others by a speaker, and finished by a helper, wherever there is
one: texts and speech go from machine to machine through Ray's object store, and only rows come here. What happens to a
block whose actor ends or hangs is what the local executor does; what a lost machine held is made again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import ray

from askqa_builder.build.on_ray.actors import Helper, RaySpeaker
from askqa_builder.build.on_ray.cluster import Cluster, connected
from askqa_builder.build.on_ray.crew import Answer, Crew, Loss, Member, wait_for
from askqa_builder.build.on_ray.node import check_gpus, speaks_on_gpus, versions
from askqa_builder.build.plan import Block
from askqa_builder.build.poison import MOST_TRIES, no_cause
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.shared_engines import MOST_BLOCKS_A_ROUND, SECONDS_A_ROUND, SPEAKING_THREADS
from askqa_builder.build.speaker_executor import working_seconds
from askqa_builder.build.spool import BlockOutcome, Spool
from askqa_builder.errors import AskqaError, EngineError

_PLANNED_AHEAD = 16
"""Planned blocks for each speaker."""

_SPOKEN_PER_HELPER = 2
"""Spoken blocks that wait for a helper, before the speakers have to wait for the helpers: 20 MB each."""


class _Step(Enum):
    PLAN = "plan"
    SPEAK = "speak"
    FINISH = "finish"


@dataclass(eq=False)
class _Job:
    """A block on its way. step: what is to be done next, or is done now.

    tries: how often it was with a speaker that ended, and with a helper that did. alone: it is spoken with no other
    beside it. suspected: its poison is looked for. poison: takes, by place, that end their engine, and what happened.
    recalled, texts, speech: where they are, once they are made; speech is none where all was recalled.
    """

    block: Block
    step: _Step = _Step.PLAN
    speaking_tries: int = 0
    helper_tries: int = 0
    alone: bool = False
    suspected: bool = False
    poison: dict[int, str] = field(default_factory=dict)
    recalled: ray.ObjectRef | None = None
    texts: ray.ObjectRef | None = None
    speech: ray.ObjectRef | None = None

    def begin_anew(self) -> None:
        """Plan it again: what was made of it is gone, or holds poison."""
        self.step, self.recalled, self.texts, self.speech = _Step.PLAN, None, None, None


@dataclass(eq=False)
class _Round:
    """Jobs that one call is about."""

    jobs: Sequence[_Job]


class RaySpeakerExecutor:
    """Runs blocks on a cluster's GPUs and CPUs, or where none is named, on those of this machine."""

    def __init__(self, recipe: Recipe, spool: Spool, workers: int | None, blocks: int, address: str | None) -> None:
        """Settle where to run. workers: helpers, None for one a CPU; no more than blocks. address: see `connected`."""
        self._recipe = recipe
        self._spool = spool
        self._workers = workers
        self._blocks = blocks
        self._address = address
        self._waiting: dict[_Step, deque[_Job]] = {step: deque() for step in _Step}
        self._speed = 1.0  # seconds of speech in a second
        self._failed: AskqaError | None = None

    def run(self, blocks: Iterable[Block]) -> Iterator[BlockOutcome]:
        """Run the blocks and yield their outcomes as they finish; on the cluster are a few blocks an actor.

        Raises EngineError where a device or server fails, after all that was spoken is finished; other errors as
        `RayExecutor` does. Closing the generator ends all actors at once.
        """
        waiting = iter(blocks)
        with connected(self._address, self._workers) as cluster:
            speakers, helpers = self._hire(cluster)
            try:
                while self._hand_out(speakers, helpers, waiting):
                    wait_for(speakers, helpers)
                    self._hear(speakers)
                    yield from self._settle(helpers)
                if self._failed is not None:
                    raise self._failed
            finally:
                speakers.stop()
                helpers.stop()

    def _hire(self, cluster: Cluster) -> tuple[Crew[_Round], Crew[_Round]]:
        check_gpus(self._recipe, cluster.gpus)
        on_gpu = speaks_on_gpus(self._recipe)
        count = min(cluster.gpus, self._blocks) if on_gpu else 1
        # a speaker takes no CPU of the cluster's, or it might wait for ever for one that the helpers have
        speaker = ray.remote(
            num_cpus=0,
            num_gpus=1 if on_gpu else 0,
            max_concurrency=SPEAKING_THREADS,
            max_restarts=0,
            max_task_retries=0,
        )(RaySpeaker)
        helper = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Helper)
        opening = (self._recipe, versions(self._recipe), not cluster.own)
        start_seconds = self._recipe.start_seconds
        size = max(min(self._workers or cluster.cpus - count, self._blocks), 1)
        return (
            Crew(count, speaker.remote, opening, start_seconds, at_once=SPEAKING_THREADS),
            Crew(size, helper.remote, opening, start_seconds),
        )

    def _hand_out(self, speakers: Crew[_Round], helpers: Crew[_Round], waiting: Iterator[Block]) -> bool:
        """Give everybody something to do; tell whether there is anything left to wait for."""
        if self._failed is not None:  # finish what is spoken, and no more
            for step in (_Step.PLAN, _Step.SPEAK):
                self._waiting[step].clear()
        else:
            planning = sum(round_.jobs[0].step is _Step.PLAN for round_ in helpers.tags)
            queued = sum(len(self._waiting[step]) for step in (_Step.PLAN, _Step.SPEAK)) + planning
            for _ in range(_PLANNED_AHEAD * len(speakers) - queued):
                block = next(waiting, None)
                if block is None:
                    break
                self._waiting[_Step.PLAN].append(_Job(block))
        for member in helpers.free():
            self._hand_to_helper(helpers, member)
        spoken = len(self._waiting[_Step.FINISH]) + sum(round_.jobs[0].step is _Step.FINISH for round_ in helpers.tags)
        if spoken < _SPOKEN_PER_HELPER * len(helpers):
            for member in speakers.free():
                self._hand_to_speaker(speakers, member)
        return bool(speakers.tags or helpers.tags or any(self._waiting.values()))

    def _hand_to_helper(self, helpers: Crew[_Round], member: Member[_Round]) -> None:
        """Give a helper a block to finish, or else one to plan."""
        queue = self._waiting[_Step.FINISH] or self._waiting[_Step.PLAN]
        if not queue:
            return
        job = queue.popleft()
        seconds = working_seconds(job.block, self._recipe)
        if job.suspected:
            made = (job.recalled, job.speech) if job.step is _Step.FINISH else (None, None)
            everyone = 2 * len(job.block.takes) * seconds
            helpers.ask(member, _Round([job]), "find_poison", job.block, job.poison, *made, seconds=everyone)
        elif job.step is _Step.PLAN:
            helpers.ask(member, _Round([job]), "plan", job.block, job.poison, seconds=seconds, outputs=2)
        else:
            made = (job.recalled, job.speech)
            helpers.ask(member, _Round([job]), "finish", job.block, job.poison, *made, seconds=seconds)

    def _hand_to_speaker(self, speakers: Crew[_Round], member: Member[_Round]) -> None:
        """Give a speaker as many blocks as take SECONDS_A_ROUND, or one that must be alone."""
        queue = self._waiting[_Step.SPEAK]
        if not queue or any(job.alone for round_ in member.tags for job in round_.jobs):
            return
        if queue[0].alone:
            if not member.calls:
                self._speak_alone(speakers, member, queue.popleft())
            return
        most = self._speed * SECONDS_A_ROUND
        jobs = [queue.popleft()]
        while (
            queue
            and not queue[0].alone
            and len(jobs) < MOST_BLOCKS_A_ROUND
            and sum(job.block.seconds for job in jobs) < most
        ):
            jobs.append(queue.popleft())
        self._speak(speakers, member, jobs)

    def _speak_alone(self, speakers: Crew[_Round], member: Member[_Round], job: _Job) -> None:
        if job.suspected:
            seconds = 2 * (job.block.seconds * self._recipe.seconds_per_second)
            seconds += 2 * len(job.block.takes) * self._recipe.start_seconds
            speakers.ask(member, _Round([job]), "find_poison", job.block, job.poison, seconds=seconds)
        else:
            self._speak(speakers, member, [job])

    def _speak(self, speakers: Crew[_Round], member: Member[_Round], jobs: Sequence[_Job]) -> None:
        seconds = sum(job.block.seconds for job in jobs) * self._recipe.seconds_per_second
        texts: Sequence[Any] = [job.texts for job in jobs]
        lengths = [job.block.seconds for job in jobs]
        speakers.ask(member, _Round(jobs), "speak", lengths, *texts, seconds=seconds, outputs=len(jobs))

    def _hear(self, speakers: Crew[_Round]) -> None:
        """Take what was spoken, and see to what was not."""
        try:
            for event in speakers.settle():
                jobs = event.tag.jobs
                if isinstance(event, Loss):
                    self._speak_again(event)
                elif jobs[0].suspected:
                    self._plan_without(jobs[0], event.value)
                else:
                    self._take_speech(event)
        except AskqaError as error:
            self._failed = self._failed or error

    def _take_speech(self, answer: Answer[_Round]) -> None:
        jobs = answer.tag.jobs
        self._speed = sum(job.block.seconds for job in jobs) / max(answer.value, 1e-3)
        for job, speech in zip(jobs, answer.outputs, strict=True):
            job.texts, job.speech, job.step = None, speech, _Step.FINISH
            self._waiting[_Step.FINISH].append(job)

    def _speak_again(self, loss: Loss[_Round]) -> None:
        """See to jobs whose speaker ended or hung, in front of all others; or whose texts are lost."""
        for job in reversed(loss.tag.jobs):
            if loss.gone:
                job.begin_anew()
                self._waiting[_Step.PLAN].appendleft(job)
                continue
            if loss.suspect:
                job.speaking_tries += 1
                if job.speaking_tries > MOST_TRIES:
                    raise EngineError(no_cause("speaking keeps failing", loss.happened, job.block))
                job.suspected = job.alone
                job.alone = True
            self._waiting[_Step.SPEAK].appendleft(job)

    def _settle(self, helpers: Crew[_Round]) -> Iterator[BlockOutcome]:
        """Take what the helpers have done: planned blocks go on to be spoken, finished ones are yielded."""
        for event in helpers.settle():
            job = event.tag.jobs[0]
            if isinstance(event, Loss):
                self._help_again(job, event)
            elif job.suspected:
                self._plan_without(job, event.value)
            elif job.step is _Step.PLAN:
                job.recalled, job.texts = event.outputs
                job.step = _Step.SPEAK if event.value else _Step.FINISH
                queue = self._waiting[job.step]
                (queue.appendleft if job.alone else queue.append)(job)
            else:
                yield self._spool.store(event.value)

    def _plan_without(self, job: _Job, poison: dict[int, str]) -> None:
        """Plan a block again without the poison that was looked for; it is spoken anew."""
        job.poison.update(poison)
        job.suspected = False
        if poison or job.step is not _Step.FINISH:
            job.begin_anew()
        self._waiting[job.step].appendleft(job)

    def _help_again(self, job: _Job, loss: Loss[_Round]) -> None:
        """See to a job whose helper ended or hung, or whose speech is lost."""
        if loss.gone:
            job.suspected = False
            job.begin_anew()
        elif loss.suspect:
            job.helper_tries += 1
            if job.helper_tries >= MOST_TRIES:
                raise AskqaError(no_cause("workers keep ending", loss.happened, job.block))
            job.suspected = job.helper_tries > 1
        self._waiting[job.step].appendleft(job)
