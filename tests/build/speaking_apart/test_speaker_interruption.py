"""Whoever is killed while one process a device speaks, the build ends as if nothing had happened."""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import time
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from pathlib import Path

import psutil
import pytest
from apart_setup import Setup, left_of, leftovers, live, marked
from harness import (
    PATIENCE,
    STATE,
    assert_one_line,
    finished_blocks,
    is_gone,
    is_worker,
    rejects,
    rows,
    run_askqa,
    samples,
    wait_until,
    workers_of,
    write_corpus,
)

from askqa_builder.build import speaker_executor
from askqa_builder.build.options import BuildOptions
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.run import prepare
from askqa_builder.build.speaker import Speaker, SpeakingJob
from askqa_builder.build.speaker_executor import SpeakerExecutor
from askqa_builder.build.spool import Spool, read_pickled, write_pickled
from askqa_builder.speech.engine import Utterance


def test_killed_speakers_are_replaced(setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path) -> None:
    """While they start and while they speak, one of two or both."""
    rng = random.Random(3)
    out = tmp_path / "out"
    with setup.started(corpus, out, "--workers", "2", "--device", "cuda:0,1") as process:
        for kill in range(4):
            assert wait_until(lambda: len(live(setup.speakers())) == 2 or process.poll() is not None)
            time.sleep(rng.uniform(0.0, 0.3))
            for speaker in live(setup.speakers())[: 1 + kill % 2]:
                speaker.kill()
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, stderr
    assert "Traceback" not in stderr
    assert samples(out) == local
    assert not rejects(out)
    assert not leftovers(out)
    assert not live(setup.speakers())


def test_killed_workers_are_replaced(setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path) -> None:
    """While they start, while they work, and all at once; speakers go on."""
    rng = random.Random(4)
    out = tmp_path / "out"

    def workers() -> list[psutil.Process]:
        return [worker for worker in workers_of(process.pid) if worker.pid not in setup.speakers()]

    with setup.started(corpus, out, "--workers", "2") as process:
        for kill in range(4):
            assert wait_until(lambda: len(workers()) >= 2 or process.poll() is not None)
            time.sleep(rng.uniform(0.0, 0.8))
            victims = workers()[: 1 + kill % 2]
            for worker in victims + (live(setup.speakers()) if kill == 3 else []):
                worker.kill()
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, stderr
    assert "Traceback" not in stderr
    assert samples(out) == local
    assert not leftovers(out)


def test_an_engine_that_is_away_keeps_what_was_spoken(
    setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path
) -> None:
    items = json.loads(corpus.read_text("utf-8"))["data"]
    items.insert(13, marked(items[0], "markeraway"))
    whole, out = write_corpus(tmp_path / "whole_test.json", items), tmp_path / "out"
    failed = setup.run(whole, out)
    assert_one_line(failed, 1)
    assert "the server is away" in failed.stderr
    assert not live(setup.speakers())
    assert finished_blocks(out) >= 1
    assert not list((out / STATE / "blocks").glob("*.speech"))
    setup.forget()
    result = setup.run(whole, out)
    assert result.returncode == 0, result.stderr
    assert "done before" in result.stderr
    turns = {(row["conversation_id"], turn["text"]) for row in rows(out, "clarified") for turn in row["turns"]}
    turns |= {(row["conversation_id"], turn["text"]) for row in rows(out, "initial") for turn in row["turns"]}
    assert len(setup.events("speak")) < len(turns)
    assert {row: digest for row, digest in samples(out).items() if not row.startswith("marked-")} == local
    assert not leftovers(out)


def test_kills_and_interruptions_of_the_build_change_nothing(
    setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path
) -> None:
    """Ctrl-C, and the main process alone: nobody stays, and the next run goes on."""
    out = tmp_path / "out"
    for blocks, sent in ((0, signal.SIGINT), (1, signal.SIGKILL)):
        setup.forget()
        with setup.started(corpus, out) as process:
            assert wait_until(lambda: setup.speakers() != [] or process.poll() is not None)
            assert wait_until(lambda: finished_blocks(out) >= blocks or process.poll() is not None)  # noqa: B023
            assert process.poll() is None, "the corpus is too small: the build was done too early"
            started = left_of(process)
            if sent is signal.SIGINT:
                os.killpg(process.pid, signal.SIGINT)
                stdout, stderr = process.communicate(timeout=PATIENCE)
                assert process.returncode == 130, stderr
                assert stdout == ""
                assert [line for line in stderr.splitlines() if line.startswith("askqa: ")] == stderr.splitlines()[-1:]
                assert "Traceback" not in stderr
            else:
                process.kill()
                process.wait()
            assert wait_until(lambda: all(map(is_gone, started)))  # noqa: B023
            if sent is signal.SIGKILL:
                assert process.stderr is not None
                assert "Traceback" not in process.stderr.read()
    result = setup.run(corpus, out)
    assert result.returncode == 0, result.stderr
    assert samples(out) == local
    assert not leftovers(out)


def test_a_full_disk_where_speech_is_left(setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = setup.arguments(corpus, out, "--limit", 5)
    failed = run_askqa(*arguments, env=setup.environment, shell_prefix="ulimit -f 1000;")
    assert_one_line(failed, 1)
    assert ".speech" in failed.stderr
    assert not list((out / STATE / "blocks").glob("*.speech"))
    assert run_askqa(*arguments, env=setup.environment).returncode == 0
    assert samples(out).items() < local.items()


def test_what_was_spoken_by_a_speaker_that_ended_is_kept(setup: Setup, inside: Recipe, tmp_path: Path) -> None:
    """It has answered and ended before anybody listened."""
    utterance = Utterance("Yes.", "kal16")
    write_pickled(tmp_path / "texts", {key: [utterance] for key in inside.engines})
    speaker = Speaker(inside, None)
    try:
        assert wait_until(lambda: speaker.receive() == [] and speaker.ready)
        speaker.send(SpeakingJob(7, 1.0, tmp_path / "texts", tmp_path / "speech"))
        assert wait_until(speaker.connection.poll)
        speaker.send(SpeakingJob(8, 1.0, tmp_path / "texts", tmp_path / "other"))
        live(setup.speakers())[0].kill()
        assert wait([speaker.sentinel], timeout=PATIENCE)
        assert speaker.receive()[:1] == [7]
        with pytest.raises(EOFError):
            wait_until(lambda: 7 in speaker.receive())
    finally:
        assert "exit code -9" in speaker.stop()
    assert read_pickled(tmp_path / "speech")


def test_an_executor_holds_little_and_leaves_nothing(
    setup: Setup, inside: Recipe, corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Files of speech, open files and processes: also where speakers are killed. Outcomes may come in any order."""
    monkeypatch.setattr(speaker_executor, "_MOST_UNDER_WAY", 3)
    monkeypatch.setattr(speaker_executor, "_SPOKEN_PER_WORKER", 2)
    job = prepare(corpus, BuildOptions(profiles=str(setup.profile), seed=11))
    (tmp_path / "000900.speech").touch()  # of a build that was killed
    this = psutil.Process()
    resource_tracker.ensure_running()  # multiprocessing's own, which the first pool of a process starts
    opened, running = this.num_fds(), {child.pid for child in this.children(recursive=True)}
    run = SpeakerExecutor(job.recipe, Spool(tmp_path), 1).run(job.plan.blocks)
    indices, most = [], 0
    for outcome in run:
        indices.append(outcome.index)
        files = {path.name for path in tmp_path.glob("*.speech")}
        assert "000900.speech" not in files
        most = max(most, len(files))
        if len(indices) in (2, 5, 8):
            for speaker in live(setup.speakers()):
                speaker.kill()
    assert sorted(indices) == list(range(len(job.plan.blocks)))
    assert 2 <= most <= 2 + 3
    assert not list(tmp_path.glob("*.speech")) + list(tmp_path.glob("*.texts")) + list(tmp_path.glob(".*"))
    gc.collect()
    assert this.num_fds() <= opened
    assert {child.pid for child in this.children(recursive=True) if is_worker(child)} <= running
