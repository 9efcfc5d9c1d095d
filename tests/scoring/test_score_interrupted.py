"""Scoring that is killed, interrupted or started twice ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from pathlib import Path

import psutil
import pytest
from harness import (
    PATIENCE,
    STATE,
    assert_one_line,
    digests,
    is_gone,
    kill_group,
    manifest,
    run_askqa,
    started_askqa,
    wait_until,
    workers_of,
)

from askqa_builder import filter, score
from askqa_builder.dataset import replacing
from askqa_builder.errors import UsageError
from askqa_builder.files import atomic_write

pytest.importorskip("jiwer", reason="the asr extra is not installed")
pytestmark = pytest.mark.usefixtures("counting")

COMMAND = ("--asr", "counting", "--workers", "1")


def heard(dataset: Path) -> int:
    """Count what an unfinished run keeps."""
    path = dataset / STATE / "heard.sqlite"
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM heard").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0
    finally:
        connection.close()


def test_kills_change_nothing_and_what_was_heard_is_kept(unscored_brief: Path, scored_brief: Path) -> None:
    """While the worker starts, after the first batch, and when the first shard has been replaced."""
    first = unscored_brief / manifest(unscored_brief)["shards"][0]["file"]
    untouched = first.read_bytes()
    conditions = (
        lambda: (unscored_brief / STATE / "heard.sqlite").exists(),
        lambda: heard(unscored_brief) > 0,
        lambda: first.read_bytes() != untouched,
    )
    kept = 0
    for condition in conditions:
        with started_askqa("score", unscored_brief, *COMMAND) as process:
            assert wait_until(lambda: condition() or process.poll() is not None)  # noqa: B023
            assert process.poll() is None, "the dataset is too small: the run was done too early"
            kill_group(process)
        assert heard(unscored_brief) >= kept
        kept = heard(unscored_brief)
    assert kept > 0
    result = run_askqa("score", unscored_brief, *COMMAND)
    assert result.returncode == 0, result.stderr
    assert digests(unscored_brief) == digests(scored_brief)


@pytest.mark.parametrize("moment", ["intent", "shard", "manifest"])
def test_a_kill_while_a_shard_is_replaced_changes_nothing(
    unscored_brief: Path, scored_brief: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Before the new shard takes its place, before the manifest knows of it, and before the intent is gone."""

    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        if moment == "intent":
            patched.setattr(replacing, "finish_replacing", killed)
        elif moment == "shard":
            patched.setattr(replacing, "write_manifest", killed)
        else:
            unlink = Path.unlink
            patched.setattr(
                Path, "unlink", lambda self, **k: killed() if self.name == "replacing.json" else unlink(self, **k)
            )
        with pytest.raises(KilledError):
            score(unscored_brief, asr="counting", workers=1)
    assert (unscored_brief / STATE / "replacing.json").exists()
    score(unscored_brief, asr="counting", workers=1)
    assert digests(unscored_brief) == digests(scored_brief)


def test_an_intent_of_a_shard_that_was_built_anew_is_dropped(unscored_brief: Path, scored_brief: Path) -> None:
    entry = manifest(scored_brief)["shards"][0]
    state = unscored_brief / STATE
    state.mkdir()
    with atomic_write(state / "replacing.json") as file:
        file.write(json.dumps({"place": 0, "entry": entry, "manifest": {"scoring": {}}}).encode())
    score(unscored_brief, asr="counting", workers=1)
    assert digests(unscored_brief) == digests(scored_brief)


def test_a_killed_worker_is_replaced(unscored_brief: Path, scored_brief: Path) -> None:
    with started_askqa("score", unscored_brief, *COMMAND) as process:
        assert wait_until(lambda: len(workers_of(process.pid)) == 1)
        workers_of(process.pid)[0].kill()
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, stderr
    assert digests(unscored_brief) == digests(scored_brief)


def test_ctrl_c_says_one_line_and_the_same_command_goes_on(unscored_brief: Path, scored_brief: Path) -> None:
    with started_askqa("score", unscored_brief, *COMMAND) as process:
        assert wait_until(lambda: heard(unscored_brief) > 0 or process.poll() is not None)
        started = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, stderr
    assert stdout == ""
    assert "Traceback" not in stderr
    assert [line for line in stderr.splitlines() if line.startswith("askqa: ")] == stderr.splitlines()[-1:]
    assert wait_until(lambda: all(map(is_gone, started)))
    assert run_askqa("score", unscored_brief, *COMMAND).returncode == 0
    assert digests(unscored_brief) == digests(scored_brief)


def test_a_dataset_takes_one_command_at_a_time(unscored_brief: Path) -> None:
    with started_askqa("score", unscored_brief, *COMMAND) as process:
        assert wait_until(lambda: (unscored_brief / STATE / "heard.sqlite").exists() or process.poll() is not None)
        process.send_signal(signal.SIGSTOP)  # or it may be done before the other has begun
        second = run_askqa("score", unscored_brief, *COMMAND)
        assert process.poll() is None
        process.send_signal(signal.SIGCONT)
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, stderr
    assert_one_line(second, 2)
    assert "another command" in second.stderr


def test_a_full_disk_is_told_and_the_dataset_stays_whole(unscored_brief: Path, scored_brief: Path) -> None:
    """Files may not become larger than half a shard."""
    largest = max(entry["bytes"] for entry in manifest(unscored_brief)["shards"])
    result = run_askqa("score", unscored_brief, *COMMAND, shell_prefix=f"ulimit -f {largest // 2 // 1024};")
    assert result.returncode == 1, result.stderr
    assert [line for line in result.stderr.splitlines() if line.startswith("askqa: ")] == result.stderr.splitlines()[
        -1:
    ]
    assert "cannot write" in result.stderr
    assert "Traceback" not in result.stderr
    for entry in manifest(unscored_brief)["shards"]:
        assert digests(unscored_brief)[entry["file"]] == entry["sha256"]
    assert run_askqa("score", unscored_brief, *COMMAND).returncode == 0
    assert digests(unscored_brief) == digests(scored_brief)


def test_interrupted_scoring_survives_a_refused_build(unscored_brief: Path, short_corpus: tuple[Path, Path]) -> None:
    state = unscored_brief / STATE
    state.mkdir()
    shutil.copy(unscored_brief / "askqa.json", state / "heard.sqlite")  # whatever it holds
    corpus, profile = short_corpus
    result = run_askqa("build", corpus, unscored_brief, "--profiles", profile, "--seed", "5")
    assert_one_line(result, 2)
    assert (state / "heard.sqlite").exists()


def test_half_a_run_of_one_listener_is_not_whole_after_another(
    unscored_brief: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")

    class Loudness(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, wave: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
            return wave.abs().mean()

    torch.jit.trace(Loudness(), torch.ones(1, 16000)).save(str(tmp_path / "loudness.pt"))
    replaced = []

    class KilledError(BaseException):
        pass

    def stop_after_one(*arguments: object) -> None:
        replaced.append(finish(*arguments))
        raise KilledError

    finish = replacing.finish_replacing
    with monkeypatch.context() as patched:
        patched.setattr(replacing, "finish_replacing", stop_after_one)
        with pytest.raises(KilledError):
            score(unscored_brief, asr="counting", workers=1)
    score(unscored_brief, mos="utmos", mos_model=tmp_path / "loudness.pt", device="cpu", workers=1)
    assert set(manifest(unscored_brief)["scoring"]) == {"mos", "voices"}
    with pytest.raises(UsageError, match="not all of them; first: askqa score DATASET --asr whisper"):
        filter(unscored_brief, tmp_path / "kept", max_wer=0.0)
