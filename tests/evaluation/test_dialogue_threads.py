"""Many dialogues at once."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier, Event, current_thread
from typing import NoReturn

import pytest

from askqa_builder.evaluation.threads import in_threads


def test_all_results_come(request: pytest.FixtureRequest) -> None:
    assert sorted(in_threads(lambda n: n * n, range(50), 8)) == [n * n for n in range(50)]
    assert list(in_threads(lambda n: n, [], 4)) == []


def test_as_many_run_together_as_there_are_threads() -> None:
    together = Barrier(4, timeout=60)
    assert len(list(in_threads(lambda n: together.wait(), range(8), 4))) == 8
    names = set(in_threads(lambda n: current_thread().name, range(9), 1))
    assert names == {"dialogue"}


def test_no_item_is_taken_before_a_thread_is_free_for_it() -> None:
    taken = []

    def items() -> Iterator[int]:
        for n in range(20):
            taken.append(n)
            yield n

    for finished, _ in enumerate(in_threads(lambda n: n, items(), 3), 1):
        assert len(taken) <= finished + 3


def test_the_first_error_ends_it_though_others_hang() -> None:
    hanging = Event()

    def work(n: int) -> int:
        if n == 2:
            raise KeyError("two")
        hanging.wait()
        return n

    with pytest.raises(KeyError, match="two"):
        list(in_threads(work, range(9), 3))
    hanging.set()


def test_an_error_of_the_items_comes_through_though_others_hang() -> None:
    hanging = Event()

    def items() -> Iterator[int]:
        yield 1
        raise OSError("no more rows")

    with pytest.raises(OSError, match="no more rows"):
        list(in_threads(lambda n: hanging.wait(), items(), 3))
    hanging.set()


def test_who_takes_no_more_leaves_no_thread_at_work() -> None:
    done: list[int] = []
    results = in_threads(lambda n: done.append(n) or n, range(1000), 2)
    next(results)
    results.close()
    assert len(done) < 10


def test_what_ends_a_process_ends_it_here_too() -> None:
    def work(n: int) -> NoReturn:
        raise SystemExit(7)

    with pytest.raises(SystemExit, match="7"):
        list(in_threads(work, range(3), 2))
