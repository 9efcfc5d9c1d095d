"""Builds that are killed, interrupted or started twice end as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from harness import (
    PATIENCE,
    STATE,
    assert_one_line,
    digests,
    finished_blocks,
    is_gone,
    kill_group,
    run_askqa,
    started_askqa,
    wait_until,
    workers_of,
)

Arguments = Callable[..., list[str]]

KILLS = 6


def wait_for_blocks(process: subprocess.Popen[str], out: Path, count: int) -> None:
    """Wait until so many blocks are kept; the build must still be running then."""
    assert wait_until(lambda: finished_blocks(out) >= count or process.poll() is not None)
    assert process.poll() is None, "the corpus is too small: the build was done too early"


def test_kills_at_any_moment_change_nothing(large_arguments: Arguments, undisturbed: Path, tmp_path: Path) -> None:
    """Some kills come while workers start, the others a little after one of the next blocks is finished."""
    rng = random.Random(20)
    out = tmp_path / "killed"
    for kill in range(KILLS):
        with started_askqa(*large_arguments(out, "--workers", str(1 + kill % 2))) as process:
            if kill % 3 == 0:
                assert wait_until(lambda: bool(workers_of(process.pid)) or process.poll() is not None)
                time.sleep(rng.uniform(0.0, 0.5))
            else:
                wait_for_blocks(process, out, finished_blocks(out) + rng.randint(0, 3))
                time.sleep(rng.uniform(0.0, 0.1))
            kill_group(process)
    assert (out / STATE).is_dir(), "the corpus is too small: the build was done before the last kill"
    result = run_askqa(*large_arguments(out))
    assert result.returncode == 3, result.stderr
    assert digests(out) == digests(undisturbed)


def test_kills_while_the_end_is_written_change_nothing(
    large_arguments: Arguments, undisturbed: Path, tmp_path: Path
) -> None:
    """When the last shard appears, and when the card does: the manifest and the cleaning up are to come."""
    out = tmp_path / "killed-late"
    last_shard = max(path for path in digests(undisturbed) if path.startswith("data/initial/"))
    for appears in (last_shard, "README.md"):
        with started_askqa(*large_arguments(out)) as process:
            assert wait_until(lambda: (out / appears).exists() or process.poll() is not None)  # noqa: B023
            kill_group(process)
    result = run_askqa(*large_arguments(out))
    assert result.returncode == 3, result.stderr
    assert digests(out) == digests(undisturbed)


def test_killed_workers_are_replaced(large_arguments: Arguments, undisturbed: Path, tmp_path: Path) -> None:
    """One while it starts, one at work, and both at once."""
    out = tmp_path / "workers-killed"
    with started_askqa(*large_arguments(out, "--workers", "2")) as process:
        killed = set()
        for blocks, count in ((0, 1), (2, 1), (6, 2)):
            wait_for_blocks(process, out, blocks)
            assert wait_until(lambda: len(workers_of(process.pid)) >= count)  # noqa: B023
            for worker in workers_of(process.pid)[:count]:
                worker.kill()
                killed.add(worker.pid)
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, stderr
    assert "Traceback" not in stderr
    assert len(killed) == 4
    assert digests(out) == digests(undisturbed)


def test_workers_end_with_the_main_process(large_arguments: Arguments, tmp_path: Path) -> None:
    out = tmp_path / "orphaned"
    with started_askqa(*large_arguments(out, "--workers", "2")) as process:
        wait_for_blocks(process, out, 1)
        started = psutil.Process(process.pid).children(recursive=True)
        assert len(workers_of(process.pid)) == 2
        process.kill()
        process.wait()
        assert wait_until(lambda: all(map(is_gone, started)))


def test_ctrl_c_says_one_line_and_the_build_goes_on_later(
    large_arguments: Arguments, undisturbed: Path, tmp_path: Path
) -> None:
    """While workers start, and while they work."""
    out = tmp_path / "interrupted"
    for blocks in (0, 3):
        with started_askqa(*large_arguments(out, "--workers", "2")) as process:
            assert wait_until(lambda: len(workers_of(process.pid)) == 2 or process.poll() is not None)
            wait_for_blocks(process, out, blocks)
            started = psutil.Process(process.pid).children(recursive=True)
            os.killpg(process.pid, signal.SIGINT)
            stdout, stderr = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130, stderr
        assert stdout == ""
        assert "Traceback" not in stderr
        assert [line for line in stderr.splitlines() if line.startswith("askqa: ")] == stderr.splitlines()[-1:]
        assert wait_until(lambda: all(map(is_gone, started)))  # noqa: B023
    assert finished_blocks(out) >= 3
    result = run_askqa(*large_arguments(out))
    assert result.returncode == 3, result.stderr
    assert "done before" in result.stderr
    assert digests(out) == digests(undisturbed)


def test_a_folder_takes_one_build_at_a_time(
    by_one_worker: tuple[Path, list[subprocess.CompletedProcess[str]]], undisturbed: Path
) -> None:
    out, others = by_one_worker
    assert len(others) == 2
    for other in others:
        assert_one_line(other, 2)
        assert "another build" in other.stderr
    assert digests(out) == digests(undisturbed)
