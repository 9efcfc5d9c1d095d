"""Whatever happens to Ray's processes, a build on Ray ends as one of the local executor does."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from harness import (
    PATIENCE,
    digests,
    finished_blocks,
    is_progress,
    run_askqa,
    started_askqa,
    wait_until,
    write_corpus,
)
from ray_setup import RunningCluster, actors, left, marked

Arguments = Callable[..., list[str]]


def test_an_engine_with_noise_gives_the_same_bytes(
    cluster: RunningCluster, demo_file: Path, quick_profile: Path, tmp_path: Path
) -> None:
    """The noise of flite's slt is made of libc's random numbers, from which the threads of Ray's processes draw."""
    profile = tmp_path / "slt.yaml"
    profile.write_text(quick_profile.read_text("utf-8").replace("kal16", "slt"))
    for name, options in (("ray", cluster.options), ("local", [])):
        arguments = ("build", demo_file, tmp_path / name, "--profiles", profile, "--limit", 2, *options)
        result = run_askqa(*arguments)
        assert result.returncode == 0, result.stderr
    assert digests(tmp_path / "ray") == digests(tmp_path / "local")


def test_actors_and_a_machine_are_lost(
    cluster: RunningCluster, large_arguments: Arguments, undisturbed: Path, tmp_path: Path
) -> None:
    """An actor while it starts, one while it works; then a machine."""
    out = tmp_path / "out"
    node = cluster.cluster.add_node(num_cpus=1)
    with started_askqa(*large_arguments(out, *cluster.options)) as process:
        for blocks in (0, 1):
            assert wait_until(lambda: finished_blocks(out) >= blocks or process.poll() is not None)  # noqa: B023
            assert wait_until(lambda: len(actors("Maker")) == 3 or process.poll() is not None)
            actors("Maker")[0].kill()
        assert process.poll() is None, "the corpus is too small: the build was done too early"
        cluster.cluster.remove_node(node, allow_graceful=False)
        stdout, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, stderr
    assert all(map(is_progress, stderr.splitlines()[1:])), stderr
    assert stdout.startswith("done: ")
    assert len(stdout.splitlines()) == 1
    assert digests(out) == digests(undisturbed)


def test_a_build_that_is_killed_or_interrupted_is_resumed_by_either_executor(
    cluster: RunningCluster, large_arguments: Arguments, undisturbed: Path, tmp_path: Path
) -> None:
    """On a cluster that goes on without it, and on one that starts and ends with the build."""
    out = tmp_path / "out"
    own = ["--executor", "ray", "--workers", "1"]
    for executor, makers, sent in ((cluster.options, 2, signal.SIGKILL), (own, 1, signal.SIGINT)):
        blocks = finished_blocks(out) + 2
        with started_askqa(*large_arguments(out, *executor)) as process:
            assert wait_until(lambda: finished_blocks(out) >= blocks or process.poll() is not None)  # noqa: B023
            assert process.poll() is None, "the corpus is too small: the build was done too early"
            assert len(actors("Maker")) == makers
            started = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(sent)
            stdout, stderr = process.communicate(timeout=PATIENCE)
        assert process.returncode == (130 if sent is signal.SIGINT else -signal.SIGKILL), stderr
        assert stdout == ""
        assert "Traceback" not in stderr
        lines = [line for line in stderr.splitlines()[1:] if not is_progress(line)]
        assert lines == (["askqa: interrupted; run the same command again to go on"] if sent is signal.SIGINT else [])
        assert wait_until(lambda: not actors("Maker") and not left(started))  # noqa: B023
    result = run_askqa(*large_arguments(out))
    assert result.returncode == 3, result.stderr
    assert "done before" in result.stderr
    assert digests(out) == digests(undisturbed)


def test_texts_that_end_or_hang_their_engine_are_rejected(
    cluster: RunningCluster, demo_file: Path, marked_profile: Path, tmp_path: Path
) -> None:
    """In one block, and named as the local executor names them."""
    items = json.loads(demo_file.read_text("utf-8"))["data"][:2]
    short = [{**item, "story": "Mara polishes the lamp.", "history_turns": item["history_turns"][:1]} for item in items]
    short[1:1] = [marked(short[0], "markerkill"), marked(short[0], "markerhang")]
    arguments = ["build", write_corpus(tmp_path / "all_test.json", short)]

    def run(name: str, *more: str) -> subprocess.CompletedProcess[str]:
        options = ("--profiles", marked_profile, *more)
        return run_askqa(*arguments, tmp_path / name, *options, env=cluster.environment)

    with ThreadPoolExecutor(2) as pool:  # both mostly wait for the hanging workers
        results = [pool.submit(run, "ray", *cluster.options), pool.submit(run, "local")]
    assert [result.result().returncode for result in results] == [3, 3], [result.result() for result in results]
    assert "engine_crashed" in (tmp_path / "ray" / "rejected.jsonl").read_text()
    assert digests(tmp_path / "ray") == digests(tmp_path / "local")
