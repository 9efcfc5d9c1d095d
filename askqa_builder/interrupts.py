"""Work that Ctrl-C must not tear: it is put off until that is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Put Ctrl-C off until the end of the `with` block, and keep it for ever from what is started in it.

    Threads and processes inherit that the signal is blocked: a worker must not be interrupted while it
    imports, before it can ignore the signal. In this process blocking is not enough: a thread of some library
    may get the signal, and Python then interrupts the main thread, perhaps half-way through a worker's start.
    """
    came: list[int] = []
    handler = signal.getsignal(signal.SIGINT)
    replaced = callable(handler) and threading.current_thread() is threading.main_thread()
    if replaced:
        signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if replaced:
            signal.signal(signal.SIGINT, handler)
        if came and callable(handler):
            handler(signal.SIGINT, None)
