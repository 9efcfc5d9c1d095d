"""Engines that speak apart on Ray: the same dataset as from one speaking process and workers on one machine."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from harness import (
    PATIENCE,
    digests,
    finished_blocks,
    is_progress,
    rejects,
    replicate,
    run_askqa,
    started_askqa,
    wait_until,
    write_corpus,
)
from ray_setup import RunningCluster, actors, marked

STORY = "Mara polishes the lamp of the lighthouse every evening while her brother waits."


def test_killed_speakers_and_helpers_are_replaced(
    cluster: RunningCluster,
    demo_file: Path,
    apart_profile: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    items = replicate(json.loads(demo_file.read_text("utf-8"))["data"], 2)
    corpus = write_corpus(tmp_path / "all_test.json", items)
    arguments = ("build", corpus, tmp_path / "ray", "--profiles", apart_profile, "--shard-size", "5MB")
    rng = random.Random(6)
    with started_askqa(*arguments, *cluster.options) as process:
        for kind, blocks in (("Helper", 0), ("RaySpeaker", 1)):
            assert wait_until(
                lambda: finished_blocks(tmp_path / "ray") >= blocks or process.poll() is not None  # noqa: B023
            )
            assert wait_until(lambda: bool(actors(kind)) or process.poll() is not None)  # noqa: B023
            assert process.poll() is None, "the corpus is too small: the build was done too early"
            time.sleep(rng.uniform(0.0, 0.1))
            for actor in actors(kind):
                actor.kill()
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, stderr
    assert all(map(is_progress, stderr.splitlines()[1:])), stderr
    local = run_askqa(*arguments[:2], tmp_path / "local", *arguments[3:])
    assert local.returncode == 0, local.stderr
    assert digests(tmp_path / "ray") == digests(tmp_path / "local")


def test_texts_that_end_a_speaker_or_a_helper_are_rejected(
    cluster: RunningCluster, demo_file: Path, apart_profile: Path, tmp_path: Path
) -> None:
    """In one block: while it is planned, and while it is spoken."""
    items = json.loads(demo_file.read_text("utf-8"))["data"][:2]
    short = [{**item, "story": STORY, "history_turns": item["history_turns"][:1]} for item in items]
    short[1:1] = [marked(short[0], "markerkill"), marked(short[0], "preparekill")]
    corpus = write_corpus(tmp_path / "all_test.json", short)
    for name, options in (("ray", cluster.options), ("local", [])):
        result = run_askqa(
            "build", corpus, tmp_path / name, "--profiles", apart_profile, *options, env=cluster.environment
        )
        assert result.returncode == 3, result.stderr
    assert [reject["reason"] for reject in rejects(tmp_path / "ray")] == ["engine_crashed", "engine_crashed"]
    assert digests(tmp_path / "ray") == digests(tmp_path / "local")
