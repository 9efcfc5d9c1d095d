"""A process that does nothing but speak, for engines that are better asked by one process than by every worker.

It takes jobs over a pipe, speaks several at once, writes what was spoken to a file each, and says so. Two threads
do that in turns: while one waits for the device, the other hands over what is done and takes what is next.

What goes through the pipe is small: neither end ever waits for the other to read.
"""

from __future__ import annotations

import atexit
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from askqa_builder.build.recipe import Recipe, check_unchanged, open_engines
from askqa_builder.build.shared_engines import (
    MOST_BLOCKS_A_ROUND,
    SECONDS_A_ROUND,
    SPEAKING_THREADS,
    SWITCH_SECONDS,
    SharedEngines,
)
from askqa_builder.build.spool import read_pickled, write_pickled
from askqa_builder.build.word_check import open_word_check
from askqa_builder.errors import AskqaError, as_our_own
from askqa_builder.interrupts import without_interrupts
from askqa_builder.pools import end_with
from askqa_builder.processes import WorkerContext, compute_on_one_core, keep_freed_memory
from askqa_builder.speech.engine import Utterance


@dataclass(frozen=True)
class SpeakingJob:
    """What to speak. number: of the job. seconds: estimated. texts: file with utterances by engine key. speech: file
    for what was spoken, None where nobody needs it."""

    number: int
    seconds: float
    texts: Path
    speech: Path | None


class Speaker:
    """The parent's end of a speaking process.

    under_way: jobs sent and not yet answered, by number. ready: its engines are loaded.
    """

    def __init__(self, recipe: Recipe, device: str | None) -> None:
        """Start the process; it loads its engines by itself."""
        self.under_way: dict[int, SpeakingJob] = {}
        self.ready = False
        self.answered = 0
        self._opening_seconds = recipe.opening_seconds
        self._start_seconds = recipe.start_seconds
        self._seconds_per_second = recipe.seconds_per_second
        self._last_sign = time.monotonic()
        self._end: AskqaError | EOFError | None = None
        with without_interrupts():
            self.connection, theirs = WorkerContext().Pipe()
            # no daemon, which may have no processes of its own: some engines compute in such
            self._process = WorkerContext().Process(target=_serve, args=(theirs, device, os.getpid()))
            self._process.start()
            atexit.register(self._process.kill)  # before multiprocessing waits for it
            theirs.close()
            self._send(recipe)

    @property
    def sentinel(self) -> int:
        """What becomes ready when the process ends, for `multiprocessing.connection.wait`."""
        return self._process.sentinel

    def send(self, job: SpeakingJob) -> None:
        """Hand over a job; a process that is gone shows in `receive`."""
        if not self.under_way:
            self._last_sign = time.monotonic()
        self.under_way[job.number] = job
        self._send(job)

    def receive(self) -> list[int]:
        """Return the numbers of the jobs that are done since the last call.

        Raises EOFError where the process is gone or has given no answer for too long, and whatever AskqaError it
        reports; first of all it returns what was done before that.
        """
        done: list[int] = []
        while self._end is None and self.connection.poll():
            try:
                answer = self.connection.recv()
            except (EOFError, OSError):
                answer = EOFError("the speaking process is gone")
            if isinstance(answer, (AskqaError, EOFError)):
                self._end = answer
                break
            self._last_sign = time.monotonic()
            if answer is None:
                self.ready = True
            else:
                del self.under_way[answer]
                done.append(answer)
        self.answered += len(done)
        if self._end is not None and not done:
            raise self._end
        if self.under_way and self._is_late():
            self._end = EOFError("the speaking process gives no answer")
        return done

    def stop(self) -> str:
        """End the process at once, and say how it ended if it had before."""
        self._process.join(timeout=0.2)
        code = self._process.exitcode
        self._process.kill()
        self._process.join()
        atexit.unregister(self._process.kill)
        self.connection.close()
        return "the speaking process gave no answer in time" if code is None else f"it ended with exit code {code}"

    def _is_late(self) -> bool:
        begin = self._start_seconds if self.ready else self._opening_seconds
        seconds = sum(job.seconds for job in self.under_way.values())
        return time.monotonic() - self._last_sign > begin + seconds * self._seconds_per_second

    def _send(self, message: Recipe | SpeakingJob) -> None:
        try:
            self.connection.send(message)
        except (BrokenPipeError, ConnectionResetError):
            return


def _serve(connection: Connection, device: str | None, parent: int) -> None:
    """Run the process: take jobs until the pipe closes. Ctrl-C is the main process's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    compute_on_one_core()
    sys.setswitchinterval(SWITCH_SECONDS)
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    answers = _Answers(connection)
    with answers.telling():
        recipe: Recipe = _received(connection)
        profiles = recipe.profiles.profiles
        with open_engines(profiles, device) as engines, open_word_check(profiles.gate, device) as check:
            check_unchanged(engines, check, recipe)
            answers.send(None)
            desk = _Desk(SharedEngines(engines, check), answers)
            for _ in range(SPEAKING_THREADS):
                threading.Thread(target=desk.speak_for_ever, daemon=True).start()
            while True:
                desk.jobs.put(_received(connection))


def _received(connection: Connection) -> Any:
    try:
        return connection.recv()
    except (EOFError, OSError):
        os._exit(0)  # the main process is gone, or wants no more


class _Answers:
    """The way back, which two threads share."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def send(self, answer: int | AskqaError | None) -> None:
        """Tell of a job, by its number, of an error, or with None that the engines are loaded."""
        try:
            with self._lock:
                self._connection.send(answer)
        except OSError:
            os._exit(1)  # nobody listens any more

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell of whatever goes wrong in the `with` block."""
        try:
            yield
        except AskqaError as error:
            self.send(as_our_own(error))
        except OSError as error:
            self.send(AskqaError(f"the speaking process failed: {error}"))
        except BaseException as error:
            what = f"{type(error).__name__}: {error}".rstrip(": ")
            self.send(AskqaError(f"the speaking process failed ({what}); run the same command again"))


class _Desk:
    """Where threads take jobs and speak them."""

    def __init__(self, engines: SharedEngines, answers: _Answers) -> None:
        self.jobs: queue.SimpleQueue[SpeakingJob] = queue.SimpleQueue()
        self._engines = engines
        self._answers = answers

    def speak_for_ever(self) -> None:
        """Speak job after job, as many at once as take SECONDS_A_ROUND; what goes wrong is told."""
        speed = 1.0
        with self._answers.telling():
            while True:
                taken = self._take(speed * SECONDS_A_ROUND)
                begun = time.monotonic()
                self._speak_round(taken)
                speed = sum(job.seconds for job in taken) / max(time.monotonic() - begun, 1e-3)

    def _take(self, seconds: float) -> list[SpeakingJob]:
        """Wait for a job, and take those that follow it already, up to so much speech."""
        taken = [self.jobs.get()]
        while len(taken) < MOST_BLOCKS_A_ROUND and sum(job.seconds for job in taken) < seconds:
            try:
                taken.append(self.jobs.get_nowait())
            except queue.Empty:
                break
        return taken

    def _speak_round(self, taken: Sequence[SpeakingJob]) -> None:
        """Speak jobs together, write each to its file, and answer."""
        texts: list[Mapping[str, Sequence[Utterance]]] = [read_pickled(job.texts) for job in taken]
        for job, spoken in zip(taken, self._engines.speak(texts), strict=True):
            if job.speech is not None:
                write_pickled(job.speech, spoken)
            self._answers.send(job.number)
