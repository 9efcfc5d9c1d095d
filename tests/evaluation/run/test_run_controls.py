"""Controls from the command line: what stands in for a model, and what a model is let hear instead."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import askqa_here
from listening_server import initial_rows, recordings
from run_files import results_of
from thirty_conversations import THIRTY

LISTENING = """
import json, os
import numpy as np

def respond(request):
    place = os.environ["HEARD"]
    number = len(os.listdir(place))
    told = {"id": request.item.conversation_id, "round": request.round, "prompt": request.prompt}
    np.savez(os.path.join(place, f"{number}.npz"), *request.clips, told=json.dumps(told))
    return "Which one do you mean?" if request.round == 1 else "red"
"""


def controlled(dataset: Path, out: Path, control: str, *options: object) -> dict[str, Any]:
    ended = askqa_here("evaluate", dataset, "--out", out, "--control", control, *options)
    assert ended.returncode == 0, ended
    return results_of(out)


def values(results: dict[str, Any]) -> dict[str, Any]:
    return {name: one["value"] for name, one in results["figures"].items()}


def test_who_always_answers_knows_nothing(thirty: Path, tmp_path: Path) -> None:
    results = controlled(thirty, tmp_path / "run", "always-answer")
    found = values(results)
    assert found["accuracy"] == pytest.approx(19 / 30, rel=1e-15)
    assert found["balanced_accuracy"] == 0.5
    assert found["macro_f1"] == pytest.approx(float(Fraction(19, 49)), rel=1e-15)
    assert (found["clarify_f1"], found["pair_accuracy"], found["needless_questions"]) == (0, 0, 0)
    assert results["rounds"]["mean"] == 1


def test_who_always_asks_knows_nothing_either(thirty: Path, tmp_path: Path) -> None:
    results = controlled(thirty, tmp_path / "run", "always-clarify")
    found = values(results)
    assert found["accuracy"] == pytest.approx(11 / 30, rel=1e-15)
    assert (found["balanced_accuracy"], found["clarify_recall"], found["needless_questions"]) == (0.5, 1, 1)
    assert found["trajectory_exact"] == 0
    assert results["counts"]["trajectories_at_most_rounds"] == 46


def test_the_oracle_shows_that_all_is_connected(thirty: Path, tmp_path: Path) -> None:
    results = controlled(thirty, tmp_path / "run", "oracle")
    found = values(results)
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "pair_accuracy"):
        assert found[name] == 1
    for level in ("turn", "trajectory", "post_clarification"):
        assert (found[f"{level}_f1"], found[f"{level}_exact"]) == (1, 1)
    assert results["rounds"]["distribution"] == {"1": 19, "2": 27}


def test_people_are_scored_against_each_other(demo_dataset: Path, thirty: Path, tmp_path: Path) -> None:
    """Where one person alone has said something, there is nobody to compare with, and nothing is scored."""
    found = controlled(demo_dataset, tmp_path / "demo", "human")
    assert found["counts"]["items_scored"] > 0
    assert found["figures"]["trajectory_exact"]["value"] < 1
    alone = controlled(thirty, tmp_path / "thirty", "human")
    assert alone["counts"]["items_scored"] == 0
    assert alone["figures"]["accuracy"]["value"] is None


def heard_under(
    control: str, dataset: Path, folder: Path, patch: pytest.MonkeyPatch
) -> list[tuple[dict[str, Any], list[Any]]]:
    """What a model was given of the first request under a control: what it was told, and the clips."""
    (folder / "listening.py").write_text(LISTENING, "utf-8")
    (folder / "heard").mkdir()
    patch.setenv("HEARD", str(folder / "heard"))
    options = ("--model", f"python:{folder / 'listening.py'}:respond", "--limit", 4, "--workers", 1)
    controlled(dataset, folder / "run", control, *options)
    found = []
    for number in range(len(list((folder / "heard").iterdir()))):
        with np.load(folder / "heard" / f"{number}.npz") as told:
            about = json.loads(str(told["told"]))
            clips = [told[name] for name in told.files if name.startswith("arr")]
        if about["id"] == THIRTY[0].name:
            found.append((about, clips))
    return found


def test_a_question_may_be_heard_alone(thirty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(one for one in initial_rows(thirty) if one["conversation_id"] == THIRTY[0].name)
    whole = np.frombuffer(recordings(thirty)[THIRTY[0].name], np.int16)
    (first, (clip,)), (second, later), *_ = heard_under("question-only", thirty, tmp_path, monkeypatch)
    asked, before = (round(row["turns"][place][edge] * 16000) for place, edge in ((-1, "start"), (-2, "end")))
    assert len(whole) - asked <= len(clip) < len(whole) - before
    assert np.array_equal(clip, whole[len(whole) - len(clip) :])
    assert "boat" not in first["prompt"]
    assert (second["round"], sum(map(len, later)) > len(clip)) == (2, True)


def test_another_story_may_be_heard(thirty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (_, (clip,)), (_, later), *_ = heard_under("other-story", thirty, tmp_path, monkeypatch)
    (name,) = [name for name, pcm in recordings(thirty).items() if pcm == clip.tobytes()]
    own, other = (
        {row["story_id"] for row in initial_rows(thirty) if row["conversation_id"] == one}
        for one in (THIRTY[0].name, name)
    )
    assert own.isdisjoint(other)
    assert np.array_equal(later[0], clip)
    assert len(later) > 1


def test_the_other_story_is_drawn_from_all_however_few_are_asked_about(thirty: Path, tmp_path: Path) -> None:
    (tmp_path / "reader.py").write_text("def respond(request):\n    return request.turns[0].text\n", "utf-8")
    model = ("--model", f"python:{tmp_path / 'reader.py'}:respond", "--workers", 1)
    said = {}
    for limit in (1, 30):
        out = tmp_path / str(limit)
        controlled(thirty, out, "other-story", *model, "--limit", limit)
        first, *_ = (out / "trajectories.jsonl").read_text("utf-8").splitlines()
        said[limit] = json.loads(first)["rounds"][0]["response"]
    assert said[1] == said[30]


@pytest.mark.parametrize(("control", "told"), [("transcript", True), ("closed-book", False)])
def test_a_model_may_read_instead(
    control: str, told: bool, thirty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, clips), (second, later), *_ = heard_under(control, thirty, tmp_path, monkeypatch)
    assert (clips, later) == ([], [])
    assert ("The old boat of Ida is red." in first["prompt"]) is told
    assert "What colour is the boat?" in first["prompt"]
    assert "Which one do you mean?" not in first["prompt"]
    assert "Assistant: Which one do you mean?" in second["prompt"]
    assert "User: I mean the old boat." in second["prompt"]


def test_a_question_that_nobody_would_speak_breaks_a_dialogue_off(thirty: Path, tmp_path: Path) -> None:
    module = tmp_path / "endless.py"
    module.write_text("def respond(request):\n    return 'Do you mean ' + 'this or ' * 200 + 'that?'\n", "utf-8")
    options = ("--model", f"python:{module}:respond", "--control", "transcript", "--limit", 3)
    ended = askqa_here("evaluate", thirty, "--out", tmp_path / "run", *options)
    assert ended.returncode == 0, ended
    lines = (tmp_path / "run" / "trajectories.jsonl").read_text("utf-8").splitlines()
    assert {(json.loads(line)["ending"], json.loads(line)["failure"]) for line in lines} == {
        ("broken_off", "a question of 404 words, of which 300 are spoken at most")
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--workers", 1), "nothing is spoken"), (("--window", 20), "neither hears nor reads")],
    ids=["voices", "hearing"],
)
def test_a_control_takes_no_option_that_does_nothing(
    thirty: Path, tmp_path: Path, options: tuple[object, ...], said: str
) -> None:
    ended = askqa_here("evaluate", thirty, "--out", tmp_path / "run", "--control", "oracle", *options)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert not (tmp_path / "run").exists()
