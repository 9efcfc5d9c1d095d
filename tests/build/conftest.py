"""Builds that several tests compare theirs with."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import PATIENCE, finished_blocks, replicate, run_askqa, started_askqa, wait_until, write_corpus

QUICK_BUILD = ("--shard-size", "5MB", "--seed", "11")


@pytest.fixture(scope="session")
def large_corpus(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty-nine conversations, among them one without a story and one that stands there twice."""
    items = replicate(json.loads(demo_file.read_text("utf-8"))["data"], 3)
    items.insert(20, {**items[3], "id": "no-story", "story": " "})
    items.insert(30, items[7])
    return write_corpus(tmp_path_factory.mktemp("corpora") / "large_test.json", items)


@pytest.fixture(scope="session")
def large_arguments(large_corpus: Path, quick_profile: Path) -> Callable[..., list[str]]:
    """Make the arguments of a build of the large corpus into a folder."""

    def arguments(out: Path, *more: str) -> list[str]:
        return ["build", str(large_corpus), str(out), "--profiles", str(quick_profile), *QUICK_BUILD, *more]

    return arguments


@pytest.fixture(scope="session")
def undisturbed(large_arguments: Callable[..., list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The large corpus as two workers build it when nothing happens. Read it, never change it."""
    out = tmp_path_factory.mktemp("datasets") / "undisturbed"
    result = run_askqa(*large_arguments(out, "--workers", "2"))
    assert result.returncode == 3, result.stderr
    return out


@pytest.fixture(scope="session")
def by_one_worker(
    large_arguments: Callable[..., list[str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[subprocess.CompletedProcess[str]]]:
    """The large corpus as one worker builds it, and what builds said that were started on the same folder."""
    out = tmp_path_factory.mktemp("datasets") / "by-one-worker"
    arguments = large_arguments(out, "--workers", "1")
    with started_askqa(*arguments) as first:
        assert wait_until(lambda: finished_blocks(out) >= 1 or first.poll() is not None)
        first.send_signal(signal.SIGSTOP)  # or it may be done before the others have begun
        others = [run_askqa(*arguments, *more) for more in ((), ("--overwrite",))]
        assert first.poll() is None
        first.send_signal(signal.SIGCONT)
        _, stderr = first.communicate(timeout=PATIENCE)
    assert first.returncode == 3, stderr
    return out, others
