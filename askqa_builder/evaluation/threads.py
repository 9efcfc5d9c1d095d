"""Many dialogues at once, most of which wait for a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_threads(function: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """Yield `function(item)` of each item, as they become ready; raises the first error of any.

    No item is taken before a thread is free for it. Threads that wait for a server when this ends early, by an error or
    Ctrl-C, are left to themselves: they do not keep the process from ending.
    """
    waiting: SimpleQueue[tuple[T] | None] = SimpleQueue()
    done: SimpleQueue[tuple[R] | BaseException] = SimpleQueue()

    def work() -> None:
        while (item := waiting.get()) is not None:
            try:
                done.put((function(*item),))
            except BaseException as error:  # raised where the results are taken
                done.put(error)

    def finished() -> R:
        outcome = done.get()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome[0]

    for _ in range(threads):
        Thread(target=work, name="dialogue", daemon=True).start()
    under_way = 0
    try:
        for item in items:
            waiting.put((item,))
            under_way += 1
            if under_way == threads:
                yield finished()
                under_way -= 1
        for _ in range(under_way):
            yield finished()
    finally:
        for _ in range(threads):
            waiting.put(None)
