"""Worker processes that end at any moment cost no batch."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from askqa_builder.dataset.listening.parts import Part
from askqa_builder.dataset.listening.rooms import Batch, WorkerRoom
from askqa_builder.dataset.listening.store import HeardStore
from askqa_builder.errors import AskqaError
from askqa_builder.recognition.recogniser import Appetite, Clip, load_recogniser
from askqa_builder.scoring.listeners import Choice

pytestmark = pytest.mark.usefixtures("counting")

QUICK = Appetite(batch_seconds=1.0, one_core=True)


def batch(number: int) -> Batch:
    """One clip, so short that nothing is heard in it."""
    samples = np.full(40 + number, 0.01, np.float32)
    return [Part(f"row {number}", Clip(samples, 16000), number.to_bytes(32, "little"), len(samples) / 16000)]


def kill_workers() -> int:
    """Kill this process's worker processes and count them."""
    found = [
        child
        for child in psutil.Process().children(recursive=True)
        if any("spawn_main" in part for part in child.cmdline())
    ]
    for child in found:
        os.kill(child.pid, signal.SIGKILL)
    return len(found)


def test_no_batch_is_lost_where_all_workers_are_killed() -> None:
    """While they start, and between batches: pools break then, and tell of it in results of batches."""
    killed = 0
    heard: dict[bytes, object] = {}

    def batches() -> Iterator[Batch]:
        nonlocal killed
        done_at_kill = -8
        for number in range(24):
            # not again before what was at hand is done: killed twice over, it would be its own fault
            if number > 1 and len(heard) >= done_at_kill + 8:
                killed += kill_workers()
                done_at_kill = len(heard)
            yield batch(number)

    room = WorkerRoom(Choice("asr", "counting"), QUICK, workers=2)
    try:
        for _, values in room.run(batches()):
            heard.update(values)
    finally:
        room.close()
    assert killed >= 2
    assert heard == {number.to_bytes(32, "little"): "" for number in range(24)}


def test_a_batch_that_hangs_twice_is_named() -> None:
    hanging = Appetite(batch_seconds=1.0, one_core=True, start_seconds=0.01, minimum_speed=1e6)
    room = WorkerRoom(Choice("asr", "counting"), hanging, workers=1)
    turn = Part("turn 3 of 'long'", Clip(np.zeros(16000 * 20, np.float32), 16000), b"x", 20.0)
    try:
        with pytest.raises(AskqaError, match=r"no answer in time, twice, near turn 3 of 'long'"):
            list(room.run([[turn]]))
    finally:
        room.close()


def test_what_was_not_heard_has_no_value(tmp_path: Path) -> None:
    with HeardStore(tmp_path / "heard.sqlite") as store:
        store.add("one", {b"a": "", b"b": "text", b"c": 2.5})
        assert ("one", b"a") in store
        assert ("two", b"a") not in store
        assert [store.value("one", clip) for clip in (b"a", b"b", b"c")] == ["", "text", 2.5]
        with pytest.raises(KeyError):
            store.value("two", b"a")


def test_nothing_is_heard_in_these_clips() -> None:
    assert load_recogniser("counting").transcribe([turn.clip for turn in batch(0)]) == [""]
