"""Where listening runs: in this process, or in workers that have a listener each."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from typing import Protocol

from pebble import ProcessPool

from askqa_builder.dataset.listening.listeners import Choice, Listener
from askqa_builder.dataset.listening.parts import Part
from askqa_builder.dataset.listening.store import Value
from askqa_builder.errors import AskqaError
from askqa_builder.pools import STARTING_SECONDS, end_with, failure, first_done, schedule, until_done
from askqa_builder.processes import WorkerContext, compute_on_one_core, keep_freed_memory
from askqa_builder.recognition.recogniser import Appetite

Batch = Sequence[Part]
Heard = tuple[Batch, dict[bytes, Value]]

_QUEUED_PER_WORKER = 3


class Room(Protocol):
    """Where listeners listen."""

    def run(self, batches: Iterable[Batch]) -> Iterator[Heard]:
        """Listen to batches and yield each with what was heard, in any order; a few batches are in memory."""

    def close(self) -> None:
        """End what runs."""


class HereRoom:
    """One listener, in this process: it has a GPU, or computes on all cores by itself."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def run(self, batches: Iterable[Batch]) -> Iterator[Heard]:
        """Listen to one batch after the other."""
        for batch in batches:
            yield batch, self._listener.listen(batch)

    def close(self) -> None:
        """Close the listener."""
        self._listener.close()


@dataclass(frozen=True, eq=False)
class _Task:
    """A batch on its way, and how often its worker has died or hung."""

    batch: Batch
    failures: int = 0


class WorkerRoom:
    """Worker processes with a listener each. A worker that dies or hangs is replaced; its batch is tried again."""

    def __init__(self, choice: Choice, appetite: Appetite, workers: int) -> None:
        self._choice = choice
        self._appetite = appetite
        self._workers = workers
        self._pool = self._open_pool()

    def run(self, batches: Iterable[Batch]) -> Iterator[Heard]:
        """Keep all workers busy. Raises AskqaError where one batch ends its worker twice, or workers do not start."""
        waiting = iter(batches)
        retries: deque[_Task] = deque()
        yield from until_done(lambda: self._run_pool(waiting, retries), f"{self._choice.name}: ")

    def _run_pool(self, waiting: Iterator[Batch], retries: deque[_Task]) -> Iterator[Heard]:
        """Run what waits in one pool; where it breaks, its unfinished batches go to `retries`."""
        running: dict[Future[dict[bytes, Value]], _Task] = {}
        try:
            while True:
                self._fill(running, waiting, retries)
                if not running:
                    return
                for future in first_done(self._pool, running, STARTING_SECONDS):
                    happened = failure(future)
                    values = future.result() if happened is None else None
                    task = running.pop(future)  # only now: a broken pool may tell of itself in a result
                    if happened is not None:
                        retries.append(self._again(task, happened))
                    elif values is not None:
                        yield task.batch, values
        except BrokenProcessPool:
            self.close()
            self._pool = self._open_pool()
            raise
        finally:
            retries.extend(running.values())

    def _fill(
        self, running: dict[Future[dict[bytes, Value]], _Task], waiting: Iterator[Batch], retries: deque[_Task]
    ) -> None:
        while len(running) < self._workers * _QUEUED_PER_WORKER:
            if not retries:
                batch = next(waiting, None)
                if batch is None:
                    return
                retries.append(_Task(batch))
            task = retries[0]
            seconds = sum(part.clip.seconds for part in task.batch)
            timeout = self._appetite.start_seconds + seconds / self._appetite.minimum_speed
            running[schedule(self._pool, _listen, (task.batch,), timeout)] = task
            retries.popleft()  # only now: a broken pool takes no task

    def _again(self, task: _Task, happened: str) -> _Task:
        if task.failures:
            raise AskqaError(
                f"{self._choice.name}: {happened}, twice, near {task.batch[0].where}; look at the machine's memory and "
                "run the same command again"
            )
        return replace(task, failures=task.failures + 1)

    def _open_pool(self) -> ProcessPool:
        resource_tracker.ensure_running()  # before Ctrl-C is blocked: its start unblocks it
        return ProcessPool(
            max_workers=self._workers,
            context=WorkerContext(),
            initializer=_start_worker,
            initargs=(self._choice, os.getpid()),
        )

    def close(self) -> None:
        """End the workers at once."""
        self._pool.stop()
        self._pool.join()


def open_room(choice: Choice, listener: Listener, workers: int) -> Room:
    """Return where an open listener's kind is to run; the listener is used there or closed."""
    if not listener.appetite.one_core:
        return HereRoom(listener)
    appetite = listener.appetite
    listener.close()
    return WorkerRoom(choice, appetite, workers)


_listener: Listener | AskqaError
"""Of a worker process: its listener, or why it has none."""


def _start_worker(choice: Choice, parent: int) -> None:
    """Prepare a worker process. Ctrl-C is the main process's business; without it a worker ends."""
    global _listener
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    compute_on_one_core()
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    try:
        _listener = choice.open()
    except AskqaError as error:  # told with the first batch: what goes wrong here ends the pool without a word
        _listener = error


def _listen(batch: Batch) -> dict[bytes, Value]:
    """Listen to a batch. Runs in a worker."""
    if isinstance(_listener, AskqaError):
        raise _listener
    return _listener.listen(batch)
