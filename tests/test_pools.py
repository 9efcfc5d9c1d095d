"""Pools whose workers die at the worst moments say so; nobody waits for ever."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children
from pathlib import Path

import pytest
from pebble import ProcessPool

from askqa_builder import pools
from askqa_builder.errors import AskqaError
from askqa_builder.pools import STARTING_SECONDS, Watch, first_done, schedule
from askqa_builder.processes import WorkerContext
from askqa_builder.verify import workers
from askqa_builder.verify.workers import Workers


class EndsWhoTakesIt:
    """Ends the process that unpickles it: after it has taken its task, before it has said so."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (1,)


class StartsSlowly:
    """An argument of workers that makes the first one deaf to being asked to stop, and all others start slowly."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark
        self.started = 0

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        """Is called here, whenever a worker is started."""
        self.started += 1
        return (bool, (True,)) if self.started == 1 else (starting, (self.mark,))


@pytest.fixture
def pool() -> Iterator[ProcessPool]:
    with ProcessPool(2, context=WorkerContext()) as pool:
        yield pool
        for worker in active_children():  # they would wait a minute for what a dead one holds
            worker.kill()
        pool.stop()


def test_a_task_that_is_lost_breaks_the_pool(pool: ProcessPool) -> None:
    """Pebble itself notices only where no other task is at work when the worker dies."""
    other = schedule(pool, time.sleep, (600.0,))
    while not other.running():
        time.sleep(0.01)
    lost = schedule(pool, abs, (EndsWhoTakesIt(),))
    with pytest.raises(BrokenProcessPool, match="lost"):
        first_done(pool, [lost], idle_seconds=2.0)
    assert other.running()


def test_idle_is_a_pool_whose_tasks_all_wait(pool: ProcessPool) -> None:
    watch = Watch(pool, idle_seconds=0.0)
    at_work: Future[None] = Future()
    at_work.set_running_or_notify_cancel()
    schedule(pool, abs, (-1,)).result(timeout=STARTING_SECONDS)
    watch.check([])
    watch.check([at_work, Future()])
    with pytest.raises(BrokenProcessPool, match="lost"):
        watch.check([Future()])


def test_verify_says_that_its_workers_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "STARTING_SECONDS", 2.0)
    monkeypatch.setattr(pools, "_MOST_BREAKS", 1)
    with pytest.raises(AskqaError, match="workers end before they begin"), Workers(2) as pool:
        list(pool.map(abs, [(-1,), (EndsWhoTakesIt(),)]))


def test_verify_says_whose_process_ended_twice() -> None:
    with Workers(2) as pool:
        ended = "the worker ended with exit code 3, twice"
        assert list(pool.map(itself_or_the_end, [(7,), (0,), (8,), (0,), (9,)])) == [7, ended, 8, ended, 9]
        assert list(pool.map(itself_or_the_end, [(1,)])) == [1]


def test_verify_tries_again_what_was_ended(tmp_path: Path) -> None:
    """Whoever kills a process for want of memory says nothing of what it reads."""
    with Workers(2) as pool:
        inputs = [(tmp_path / str(i), i) for i in range(5)]
        assert list(pool.map(second_time, inputs)) == [0, 1, 2, 3, 4]
    assert all(path.exists() for path, _ in inputs)


def test_verify_goes_on_with_a_new_pool() -> None:
    with Workers(2) as pool:
        answers = pool.map(abs, [(-i,) for i in range(20)])
        assert next(answers) == 0
        assert pool._pool is not None
        pool._pool.stop()
        pool._pool.join()
        assert list(answers) == list(range(1, 20))


def test_verify_leaves_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with Workers(2) as pool:
        assert list(pool.map(os.getenv, [("OMP_NUM_THREADS",)])) == ["1"]
    assert "OMP_NUM_THREADS" not in os.environ


def test_a_worker_that_starts_while_its_pool_stops_is_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mark = tmp_path / "started"
    pool = ProcessPool(2, context=WorkerContext(), initializer=will_not_stop, initargs=(StartsSlowly(mark),))
    schedule(pool, abs, (-1,)).result(timeout=STARTING_SECONDS)
    pool.stop()
    pool.join()
    assert mark.exists()
    assert capfd.readouterr().err == ""


def starting(mark: Path) -> bool:
    """Take a while, and leave a mark at its end."""
    time.sleep(1.0)
    mark.touch()
    return False


def will_not_stop(first: bool) -> None:
    if first:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def itself_or_the_end(number: int) -> int:
    """End the process at zero."""
    if number == 0:
        os._exit(3)
    return number


def second_time(mark: Path, number: int) -> int:
    """End the process the first time."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number
