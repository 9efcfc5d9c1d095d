"""Killed at any moment, a run goes on where it was: to the same results, and with nothing asked twice."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import askqa_here, kill_group, started_askqa, wait_until
from listening_server import ListeningServer, Point, listening
from run_files import results_of, write_model
from thirty_conversations import THIRTY

FEW = ("--limit", 6, "--workers", 1)
COUNTED = """
def respond(request):
    with open(LOG, "a") as log:
        log.write(request.prompt.replace(chr(10), " ") + chr(10))
    asks = request.round == 1 and "colour" in request.prompt
    return "Which one do you mean?" if asks else "red"
"""


@pytest.fixture(scope="module")
def undisturbed(thirty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run at which nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with listening(thirty, THIRTY) as server:
        model = write_model(folder / "model.yaml", server, revision="1")
        ended = askqa_here("evaluate", thirty, "--out", folder / "run", "--model", model, *FEW)
    assert ended.returncode == 0, ended
    return folder / "run"


@pytest.mark.parametrize("moment", [Point("ida|3|1", 1, 2), Point("omar|3|2", 0, 2)])
def test_a_killed_run_goes_on(
    moment: Point, thirty: Path, server: ListeningServer, undisturbed: Path, tmp_path: Path
) -> None:
    """Of a kill during a request, at first with nothing in the journal, then with most: that request alone is lost."""
    out = tmp_path / "run"
    model = write_model(tmp_path / "model.yaml", server, revision="1", concurrency=1, timeout=600)
    server.hold = moment
    with started_askqa("evaluate", thirty, "--out", out, "--model", model, *FEW) as process:
        assert wait_until(lambda: server.held.is_set() or process.poll() is not None)
        assert server.held.is_set(), process.communicate()
        kill_group(process)
    assert not (out / "results.json").exists()
    server.hold = None
    server.release.set()
    ended = askqa_here("evaluate", thirty, "--out", out, "--model", model, *FEW)
    assert ended.returncode == 0, ended
    assert results_of(out) == results_of(undisturbed)
    assert {point for point, count in server.asked.items() if count > 1} == {moment}
    assert server.asked[moment] == 2
    assert set(server.answered.values()) == {1}
    assert not (out / ".askqa").exists()
    asked = server.asked.total()
    again = askqa_here("evaluate", thirty, "--out", out, "--model", model, *FEW)
    assert (again.returncode, again.stdout.splitlines()[-1].split(":")[0]) == (0, "already complete")
    assert server.asked.total() == asked


def test_ctrl_c_ends_a_run_whose_server_hangs(thirty: Path, server: ListeningServer, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.yaml", server, timeout=3600, patience=3600)
    server.hold = Point("omar|3|2", 0, 2)
    with started_askqa("evaluate", thirty, "--out", tmp_path / "run", "--model", model, *FEW) as process:
        assert wait_until(lambda: server.held.is_set() or process.poll() is not None)
        assert server.held.is_set(), process.communicate()
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "askqa: interrupted; run the same command again to go on"
    assert [line for line in said.splitlines() if line.startswith("askqa")] == said.splitlines()[-1:]
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def told(thirty: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, list[str]]]:
    """Run a function of one's own over some requests; what it was asked."""
    folder = tmp_path_factory.mktemp("told")

    def run(out: Path) -> tuple[Path, list[str]]:
        log = folder / f"{out.name}.log"
        module = folder / "counted.py"
        module.write_text(COUNTED.replace("LOG", "__import__('os').environ['ASKED_LOG']"), "utf-8")
        log.write_text("", "utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ASKED_LOG", str(log))
            ended = askqa_here(
                "evaluate", thirty, "--out", out, "--model", f"python:{module}:respond", "--control", "transcript"
            )
        assert ended.returncode == 0, ended
        return out, log.read_text("utf-8").splitlines()

    return run


def test_half_a_line_is_cut_off_and_what_it_held_asked_again(
    told: Callable[..., tuple[Path, list[str]]], tmp_path: Path
) -> None:
    """Wherever a kill cuts a file off, so that its last line is whole, half or barely begun."""
    whole, asked = told(tmp_path / "whole")
    assert len(asked) == len(set(asked)) > 9
    calls = (whole / "calls.jsonl").read_bytes()
    trajectories = (whole / "trajectories.jsonl").read_bytes()
    lines = calls.splitlines(keepends=True)
    cuts = [(0, 0), (len(lines[0]) + 7, 0), (len(calls) // 2, 0), (len(calls) - 1, 0), (len(calls), 0)]
    cuts += [(len(calls) - 1, len(trajectories) // 3), (len(calls), len(trajectories) - 1)]
    for place, kept in cuts:
        out = begun(whole, tmp_path / f"{place}-{kept}")
        (out / "calls.jsonl").write_bytes(calls[:place])
        (out / "trajectories.jsonl").write_bytes(trajectories[:kept])
        _, again = told(out)
        assert results_of(out) == results_of(whole)
        known = [json.loads(line)["asked"]["who"] for line in lines if calls[:place].find(line) >= 0]
        missing = len(asked) - known.count("model")
        assert len(again) == missing if kept == 0 else len(again) <= missing
        assert set(again) <= set(asked)
        assert len(again) == len(set(again))


def begun(finished: Path, out: Path) -> Path:
    """A run's folder as it is before its results are written."""
    manifest = json.loads((finished / "askqa-evaluation.json").read_text("utf-8"))
    (out / ".askqa").mkdir(parents=True)
    owner = {name: manifest[name] for name in ("kind", "config_digest")}
    (out / ".askqa" / "evaluation.json").write_text(json.dumps(owner), "utf-8")
    return out


def test_a_damaged_line_is_told_with_its_place(
    told: Callable[..., tuple[Path, list[str]]], thirty: Path, tmp_path: Path
) -> None:
    whole, _ = told(tmp_path / "damaged")
    path = whole / "calls.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"{}\n", *lines[2:]]))
    with pytest.raises(AssertionError, match=r"line 3: not as it was written \(KeyError: .*--overwrite"):
        told(whole)
