"""Whatever a server does, a run ends, with one line that says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import askqa_here
from listening_server import ListeningServer, Point
from run_files import write_model


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("hang", "no answers any more"),
        (429, "no answers any more: it answers 429"),
        (500, "no answers any more: it answers 500"),
        ("html", "no answer from there: an answer that is not JSON; start the server or mend base_url"),
        ("cut", "no answers any more"),
        (401, "OPENAI_API_KEY"),
        (404, "look at base_url"),
        (400, "refuses whatever it is asked"),
    ],
)
def test_a_server_that_never_answers_ends_the_run(
    fault: int | str, said: str, thirty: Path, server: ListeningServer, tmp_path: Path
) -> None:
    server.whatever, server.retry_after = fault, "3600"
    model = write_model(tmp_path / "model.yaml", server, timeout=0.5, patience=0.5, concurrency=2)
    ended = askqa_here("evaluate", thirty, "--out", tmp_path / "run", "--model", model, "--workers", 1)
    assert ended.returncode == (2 if fault in ("html", 400, 401, 404) else 1), ended
    assert said in one_line(ended.stderr)
    assert not (tmp_path / "run" / "results.json").exists()


def test_a_server_that_is_not_there_ends_the_run(thirty: Path, server: ListeningServer, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.yaml", server, patience=0.2)
    server.stop()
    ended = askqa_here("evaluate", thirty, "--out", tmp_path / "run", "--model", model, "--workers", 1)
    assert ended.returncode == 2, ended
    assert "start the server or mend base_url" in one_line(ended.stderr)


def test_a_server_that_goes_away_ends_the_run_which_then_goes_on(
    thirty: Path, server: ListeningServer, tmp_path: Path
) -> None:
    model = write_model(tmp_path / "model.yaml", server, timeout=20, patience=0.5, concurrency=1)
    arguments = ("evaluate", thirty, "--out", tmp_path / "run", "--model", model, "--limit", 3, "--workers", 1)
    server.failing = {Point("ida|3|2", 0, 1): 503}
    ended = askqa_here(*arguments)
    assert ended.returncode == 1, ended
    assert "run the same command again when the server is back" in one_line(ended.stderr)
    server.failing = {}
    asked = server.asked.copy()
    assert askqa_here(*arguments).returncode == 0
    assert {point: count for point, count in server.asked.items() if asked[point]} == {
        point: count + (point == Point("ida|3|2", 0, 1)) for point, count in asked.items()
    }


def one_line(said: str) -> str:
    """The one line of standard error that tells what went wrong."""
    (line,) = [one for one in said.splitlines() if one.startswith("askqa: ")]
    assert said.splitlines()[-1] == line
    assert "Traceback" not in said
    return line
