"""What happens where a model, a classifier, a user or a judge fails at one request, or at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_server import ChatServer, serving
from harness import askqa_here
from run_files import results_of

MOODY = """
import os

def respond(request):
    place = os.environ["MOODS"]
    with open(place, "a") as log:
        log.write(request.item.conversation_id + chr(10))
    if request.item.conversation_id == "ida|2|1" and open(place).read().count("ida|2|1") == 1:
        raise RuntimeError("not in the mood")
    return "Which one do you mean?" if request.round == 1 and "colour" in request.prompt else "red"
"""


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with serving() as found:
        yield found


@pytest.fixture
def moody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    """A model that fails once; it reads, so that nothing is spoken."""
    (tmp_path / "moody.py").write_text(MOODY, "utf-8")
    monkeypatch.setenv("MOODS", str(tmp_path / "moods"))
    return ("--model", f"python:{tmp_path / 'moody.py'}:respond", "--control", "transcript", "--limit", 3)


def party(folder: Path, chat: ChatServer, name: str) -> tuple[str, Path]:
    path = folder / f"{name}.yaml"
    told = {"model": "parrot", "base_url": chat.url, "timeout": 20, "patience": 0.3, "tries": 1}
    path.write_text(json.dumps(told), "utf-8")
    return f"--{name}", path


def test_a_model_that_fails_at_a_request_is_asked_again_in_another_call(
    moody: tuple[object, ...], thirty: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    first = askqa_here("evaluate", thirty, "--out", out, *moody)
    assert first.returncode == 3, first
    told = [json.loads(line) for line in (out / "trajectories.jsonl").read_text("ascii").splitlines()]
    (failed,) = [one for one in told if one["ending"] == "failed"]
    assert failed["item"] == "ida|2|1#initial"
    assert "RuntimeError: not in the mood" in failed["failure"]
    second = askqa_here("evaluate", thirty, "--out", out, *moody)
    assert second.returncode == 0, second
    asked = Counter((tmp_path / "moods").read_text("utf-8").splitlines())
    assert asked == {"ida|3|1": 3, "ida|3|2": 2, "ida|2|1": 2}


def test_a_model_that_says_no_text_ends_the_run(thirty: Path, tmp_path: Path) -> None:
    (tmp_path / "numbers.py").write_text("def respond(request):\n    return 7\n", "utf-8")
    model = f"python:{tmp_path / 'numbers.py'}:respond"
    ended = askqa_here("evaluate", thirty, "--out", tmp_path / "run", "--model", model, "--control", "transcript")
    assert ended.returncode == 2, ended
    assert "responds with int; a model responds with text" in ended.stderr


@pytest.mark.parametrize(("name", "good"), [("classifier", "no"), ("user", "I mean it.")])
def test_who_has_no_fitting_word_costs_a_dialogue(
    name: str, good: str, moody: tuple[object, ...], chat: ChatServer, thirty: Path, tmp_path: Path
) -> None:
    """A classifier that says neither yes nor no, a user who says nothing; and both again, with better words."""
    (tmp_path / "moods").write_text("ida|2|1\n", "utf-8")  # the model is in the mood
    out, options = tmp_path / "run", (*moody, *party(tmp_path, chat, name))
    chat.always = "…"
    ended = askqa_here("evaluate", thirty, "--out", out, *options)
    assert ended.returncode == 3, ended
    endings = [json.loads(line)["ending"] for line in (out / "trajectories.jsonl").read_text("ascii").splitlines()]
    assert endings.count("failed") == {"classifier": 4, "user": 3}[name]
    asked = (tmp_path / "moods").read_text("utf-8").splitlines()
    chat.always = good
    assert askqa_here("evaluate", thirty, "--out", out, *options).returncode == 0
    again = (tmp_path / "moods").read_text("utf-8").splitlines()[len(asked) :]
    assert again == ([] if name == "classifier" else ["ida|3|1", "ida|3|1", "ida|3|2"])


def test_a_judge_who_has_no_fitting_word_is_told_of(
    moody: tuple[object, ...], chat: ChatServer, thirty: Path, tmp_path: Path
) -> None:
    (tmp_path / "moods").write_text("ida|2|1\n", "utf-8")
    chat.always = lambda asked: "{}" if "Ida" in asked else json.dumps({"explanation": "Good.", "rating": 5})
    out, options = tmp_path / "run", (*moody, *party(tmp_path, chat, "judge"))
    ended = askqa_here("evaluate", thirty, "--out", out, *options)
    assert ended.returncode == 3, ended
    judge = results_of(out)["judge"]
    assert (judge["score"], judge["answers"], judge["not_judged"]) == (100, 3, 1)
    assert "not judged: 1, as $: 'explanation' is a required property" in ended.stdout


@pytest.mark.parametrize("name", ["classifier", "user", "judge"])
def test_a_party_that_is_away_ends_the_run_which_then_goes_on(
    name: str, moody: tuple[object, ...], chat: ChatServer, thirty: Path, tmp_path: Path
) -> None:
    (tmp_path / "moods").write_text("ida|2|1\n", "utf-8")
    out, options = tmp_path / "run", (*moody, *party(tmp_path, chat, name))
    good = {"classifier": "no", "user": "I mean it.", "judge": json.dumps({"explanation": "Good.", "rating": 5})}
    chat.always = good[name]
    chat.faults.extend([503] * 50)
    ended = askqa_here("evaluate", thirty, "--out", out, *options)
    assert ended.returncode == 1, ended
    assert "run the same command again when the server is back" in ended.stderr
    assert not (out / "results.json").exists()
    chat.faults.clear()
    assert askqa_here("evaluate", thirty, "--out", out, *options).returncode == 0
    asked = Counter((tmp_path / "moods").read_text("utf-8").splitlines()[1:])
    assert asked == {
        "ida|3|1": 1 if name == "classifier" else 3,
        "ida|3|2": 1 if name == "classifier" else 2,
        "ida|2|1": 1,
    }
