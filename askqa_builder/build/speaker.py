"""A process that does nothing but speak, for engines that are better asked by one process than by every worker.

It takes jobs over a pipe, speaks several at once, writes what was spoken to a file each, and says so. Two threads
do that in turns: while one waits for the device, the other hands over what is done and takes what is next.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from askqa_builder.build.processes import WorkerContext, keep_freed_memory
from askqa_builder.build.recipe import Recipe, open_engines
from askqa_builder.build.steps import Spoken, speak_batch
from askqa_builder.build.worker_pool import end_with, without_interrupts
from askqa_builder.dataset.files import storage_errors
from askqa_builder.errors import AskqaError
from askqa_builder.speech.engine import Engine, Utterance

SECONDS_A_ROUND = 4.0
"""Wall time that one round of speaking should take: long enough to fill batches, short enough to lose."""

_MOST_JOBS_A_ROUND = 8
_THREADS = 2
# the thread that feeds the device gives the interpreter away at every call, and must soon have it back
_SWITCH_SECONDS = 2e-4


@dataclass(frozen=True)
class SpeakingJob:
    """What to speak. number: of the job. seconds: estimated. utterances: by engine key. path: for what was spoken,
    None where nobody needs it."""

    number: int
    seconds: float
    utterances: Mapping[str, Sequence[Utterance]]
    path: Path | None


class Speaker:
    """The parent's end of a speaking process. under_way: jobs sent and not yet answered, by number."""

    def __init__(self, recipe: Recipe, device: str | None) -> None:
        """Start the process; it loads its engines by itself."""
        self.under_way: dict[int, SpeakingJob] = {}
        self.answered = 0
        self.last_sign = time.monotonic()
        with without_interrupts():
            self.connection, theirs = WorkerContext().Pipe()
            self._process = WorkerContext().Process(
                target=_serve, args=(theirs, recipe, device, os.getpid()), daemon=True
            )
            self._process.start()
            theirs.close()

    @property
    def sentinel(self) -> int:
        """What becomes ready when the process ends, for `multiprocessing.connection.wait`."""
        return self._process.sentinel

    def send(self, job: SpeakingJob) -> None:
        """Hand over a job; a process that is gone shows in `receive`."""
        if not self.under_way:
            self.last_sign = time.monotonic()
        self.under_way[job.number] = job
        try:
            self.connection.send(job)
        except (BrokenPipeError, ConnectionResetError):
            return

    def receive(self) -> list[int]:
        """Return the numbers of the jobs that are done since the last call.

        Raises EOFError where the process is gone, and whatever AskqaError it reports.
        """
        done: list[int] = []
        try:
            while self.connection.poll():
                answer = self.connection.recv()
                if isinstance(answer, AskqaError):
                    raise answer
                del self.under_way[answer]
                done.append(answer)
        except ConnectionResetError as error:
            raise EOFError from error
        if done:
            self.last_sign = time.monotonic()
            self.answered += len(done)
        return done

    def stop(self) -> str:
        """End the process at once, and say how it ended if it had before."""
        self._process.join(timeout=0.2)
        code = self._process.exitcode
        self._process.kill()
        self._process.join()
        self.connection.close()
        return "the speaking process gave no answer in time" if code is None else f"it ended with exit code {code}"


def read_spoken(path: Path) -> dict[str, list[Spoken]]:
    """Read what a job left. Raises StorageError."""
    with storage_errors(f"read {path.name}"), path.open("rb") as file:
        spoken: dict[str, list[Spoken]] = pickle.load(file)  # by a process of this build, moments ago
    return spoken


def _serve(connection: Connection, recipe: Recipe, device: str | None, parent: int) -> None:
    """Run the process: take jobs until the pipe closes. Ctrl-C is the main process's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    sys.setswitchinterval(_SWITCH_SECONDS)
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    answers = _Answers(connection)
    try:
        with open_engines(recipe.profiles.profiles, device) as engines:
            jobs: queue.SimpleQueue[SpeakingJob] = queue.SimpleQueue()
            for _ in range(_THREADS):
                threading.Thread(target=_speak_for_ever, args=(jobs, engines, answers), daemon=True).start()
            while True:
                jobs.put(connection.recv())
    except (EOFError, OSError):
        return
    except AskqaError as error:
        answers.send(error)


class _Answers:
    """The way back, which two threads share."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def send(self, answer: Any) -> None:
        with self._lock:
            self._connection.send(answer)


def _speak_for_ever(jobs: queue.SimpleQueue[SpeakingJob], engines: Mapping[str, Engine], answers: _Answers) -> None:
    """Speak job after job, as many at once as take SECONDS_A_ROUND; what goes wrong is told, and ends the process."""
    speed = 1.0
    try:
        while True:
            taken = _take(jobs, speed * SECONDS_A_ROUND)
            begun = time.monotonic()
            _speak_round(taken, engines, answers)
            speed = sum(job.seconds for job in taken) / max(time.monotonic() - begun, 1e-3)
    except AskqaError as error:
        answers.send(error)
    except OSError as error:
        answers.send(AskqaError(f"the speaking process failed: {error}"))
    except BaseException as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        answers.send(AskqaError(f"the speaking process failed ({what}); run the same command again"))


def _take(jobs: queue.SimpleQueue[SpeakingJob], seconds: float) -> list[SpeakingJob]:
    """Wait for a job, and take those that follow it already, up to so much speech."""
    taken = [jobs.get()]
    while len(taken) < _MOST_JOBS_A_ROUND and sum(job.seconds for job in taken) < seconds:
        try:
            taken.append(jobs.get_nowait())
        except queue.Empty:
            break
    return taken


def _speak_round(taken: Sequence[SpeakingJob], engines: Mapping[str, Engine], answers: _Answers) -> None:
    """Speak jobs in one batch an engine, write each to its file, and answer."""
    spoken: list[dict[str, list[Spoken]]] = [{} for _ in taken]
    for key, engine in engines.items():
        speeches = iter(speak_batch(engine, [one for job in taken for one in job.utterances.get(key, ())]))
        for job, parts in zip(taken, spoken, strict=True):
            parts[key] = [next(speeches) for _ in job.utterances.get(key, ())]
    for job, parts in zip(taken, spoken, strict=True):
        if job.path is not None:
            with storage_errors(f"write {job.path.name}"), job.path.open("wb") as file:
                pickle.dump(parts, file, protocol=5)
        answers.send(job.number)
