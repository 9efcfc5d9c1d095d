"""Every option of the command does something, or is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_server import serving
from harness import askqa_here
from listening_server import ListeningServer, Point
from run_files import results_of, write_model
from thirty_conversations import THIRTY

LOGGING = """
import json, os

def respond(request, says="red"):
    told = {"round": request.round, "clips": [len(clip) for clip in request.clips], "prompt": request.prompt,
            "channels": [clip.ndim for clip in request.clips], "rate": request.sampling_rate, "story": request.story,
            "turns": [[turn.role, turn.text] for turn in request.turns], "id": request.item.conversation_id}
    with open(os.environ["ASKED_LOG"], "a") as log:
        log.write(json.dumps(told) + chr(10))
    return says
"""

Asked = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def respond(tmp_path: Path) -> str:
    (tmp_path / "logging_model.py").write_text(LOGGING, "utf-8")
    return f"python:{tmp_path / 'logging_model.py'}:respond"


@pytest.fixture
def asked(thirty: Path, respond: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Run with some options over some requests; return what the model was given."""

    def run(*options: object) -> list[dict[str, Any]]:
        log = tmp_path / "asked.jsonl"
        log.write_text("", "utf-8")
        monkeypatch.setenv("ASKED_LOG", str(log))
        out = tmp_path / "run"
        shutil.rmtree(out, ignore_errors=True)
        ended = askqa_here("evaluate", thirty, "--out", out, "--model", respond, *options)
        assert ended.returncode == 0, ended
        return [json.loads(line) for line in log.read_text("utf-8").splitlines()]

    return run


@pytest.fixture
def refused(thirty: Path, respond: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run with options that do not go; return the line that says so. Nothing is asked of the model."""

    def run(*options: object, model: object = respond, out: Path | None = None) -> str:
        log = tmp_path / "refused.jsonl"
        monkeypatch.setenv("ASKED_LOG", str(log))
        given = ("--model", model) if model else ()
        ended = askqa_here("evaluate", thirty, "--out", out or tmp_path / "refused", *given, *options)
        assert ended.returncode == 2, ended
        assert not log.exists()
        (line,) = ended.stderr.strip().splitlines()
        assert not (tmp_path / "refused" / "results.json").exists()
        return line

    return run


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--split", "train"), "no 'train'; name one of test"),
        (("--limit", 0), "limit: 0 is not allowed"),
        (("--max-rounds", 0), "max rounds: 0 is not allowed"),
        (("--max-rounds", 21), "max rounds: 21 is not allowed"),
        (("--context", "story"), "context: 'story' is unknown"),
        (("--layout", "mono"), "layout: 'mono' is unknown"),
        (("--segments", 0.5), "segments: 0.5 s is not allowed"),
        (("--window", "qwen"), "window: 'qwen' is unknown"),
        (("--segments", 20, "--window", 10), "segments: 20 s is longer than the target's window"),
        (("--window", 2), "30 of 30 rows cannot be heard as wanted"),
        (("--prompts", "no-such-file.yaml"), "no-such-file.yaml"),
        (("--classifier", "no-such-file.yaml"), "no-such-file.yaml"),
        (("--user", "no-such-file.yaml"), "no-such-file.yaml"),
        (("--judge", "no-such-file.yaml"), "no-such-file.yaml"),
        (("--control", "oracel"), "--control: 'oracel' is unknown"),
        (("--control", "oracle"), "leave --model out"),
        (("--control", "cascade", "--recogniser", "wisper"), "unknown recogniser 'wisper'"),
        (("--control", "cascade", "--recogniser-option", "x"), "recogniser-option: 'x' is not allowed"),
        (("--recogniser", "pocketsphinx"), "--control cascade"),
        (("--recogniser-option", "model=tiny"), "--control cascade"),
        (("--price", "input=2"), "price: 'input' is not allowed"),
        (("--price", "prompt=much"), "give a number"),
        (("--price", "prompt=-1"), "price of prompt: -1.0 is not allowed"),
        (("--seed", -1), "seed: -1 is not allowed"),
        (("--profiles", "no-such-set"), "no-such-set"),
        (("--channel", "no-such-file.yaml"), "no-such-file.yaml"),
        (("--workers", 0), "workers"),
        (("--device", "cpu,cpu"), "device"),
        (("--cache-size", "much"), "cache"),
        (("--as", "html"), "html"),
    ],
)
def test_what_cannot_be_is_refused(refused: Callable[..., str], options: tuple[object, ...], said: str) -> None:
    assert said in refused(*options)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (None, "--model: is missing"),
        ("nobody", "unknown kind 'nobody'"),
        ("oracle", "it is a control: --control"),
        ("python:no_such_module:f", "cannot be imported"),
        ("no-such-file.yaml", "no-such-file.yaml"),
        ("endpoint:", "--model"),
    ],
)
def test_who_is_not_there_is_refused(refused: Callable[..., str], model: str | None, said: str) -> None:
    assert said in refused(model=model)


@pytest.mark.parametrize("option", ["--prompts", "--classifier", "--user", "--judge"])
def test_files_that_say_something_else_are_refused(refused: Callable[..., str], option: str, tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    for content in ("[1, 2]", "temprature: 1", "{", "task: '{'"):
        path.write_text(content, "utf-8")
        assert str(path) in refused(option, path)


def test_split_and_limit_choose_requests(asked: Asked) -> None:
    assert [one["id"] for one in asked("--split", "test", "--limit", 3)] == [one.name for one in THIRTY[:3]]


def test_context_layout_and_segments_decide_what_is_heard(asked: Asked) -> None:
    (whole,) = asked("--limit", 1)
    assert (len(whole["clips"]), whole["story"], whole["channels"]) == (1, None, [1])
    (read,) = asked("--limit", 1, "--context", "text")
    assert "The old boat of Ida is red." in read["prompt"]
    assert "The old boat of Ida is red." not in whole["prompt"]
    assert read["clips"][0] < whole["clips"][0]
    (untold,) = asked("--limit", 1, "--context", "none")
    assert untold["clips"] == read["clips"]
    assert "boat" not in untold["prompt"]
    (turns,) = asked("--limit", 1, "--layout", "turns")
    assert len(turns["clips"]) == len(turns["turns"]) == 4
    (stereo,) = asked("--limit", 1, "--layout", "stereo")
    assert stereo["channels"] == [2]
    (cut,) = asked("--limit", 1, "--segments", 4, "--window", 4)
    assert len(cut["clips"]) > 1
    assert max(cut["clips"]) <= 4 * cut["rate"]


def test_prompts_replace_ours(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "prompts.yaml").write_text("task: Sing what comes next.", "utf-8")
    (told,) = asked("--limit", 1, "--prompts", tmp_path / "prompts.yaml")
    assert told["prompt"].endswith("Sing what comes next.")


def test_most_rounds_end_a_dialogue(thirty: Path, tmp_path: Path) -> None:
    for rounds in (1, 2, 5):
        out = tmp_path / str(rounds)
        options = ("--control", "always-clarify", "--max-rounds", rounds, "--limit", 3)
        ended = askqa_here("evaluate", thirty, "--out", out, *options)
        assert ended.returncode == 0, ended
        assert results_of(out)["rounds"] == {"mean": float(rounds), "distribution": {str(rounds): 4}}


def test_other_models_take_part(thirty: Path, tmp_path: Path) -> None:
    """A classifier that decides, a user and a judge, each asked as its file says; none of them is asked twice."""
    with serving() as server:

        def answer(question: str) -> str:
            if "rating" in question:
                return json.dumps({"explanation": "It is so.", "rating": 3})
            if "Answer with one word: yes or no" in question:
                return "yes" if '\n"purple"\n' in question.replace("\n\n", "\n") else "no"
            return "I mean what I mean."

        server.always = answer
        options: list[object] = ["--model", f"python:{tmp_path / 'purple.py'}:respond", "--control", "transcript"]
        (tmp_path / "purple.py").write_text(
            "def respond(request):\n    return 'purple' if request.round == 1 else 'Which one do you mean?'\n", "utf-8"
        )
        for party in ("classifier", "user", "judge"):
            path = write_model(tmp_path / f"{party}.yaml", server)
            told = json.loads(path.read_text("utf-8"))
            path.write_text(json.dumps({key: value for key, value in told.items() if key != "kind"}), "utf-8")
            options += [f"--{party}", path]
        out = tmp_path / "run"
        ended = askqa_here("evaluate", thirty, "--out", out, *options, "--limit", 3)
        assert ended.returncode == 0, ended
        asked = [json.dumps(body, sort_keys=True) for body in server.requests]
        assert len(asked) == len(set(asked))
        results = results_of(out)
        assert results["run"]["classifier"] == results["run"]["simulator"] == "parrot"
        assert results["judge"]["score"] == 60
        assert results["rounds"]["distribution"] == {"2": 4}
        lines = (out / "trajectories.jsonl").read_text("ascii").splitlines()
        replies = [json.loads(line)["rounds"][0]["reply"] for line in lines]
        assert replies == ["I mean what I mean."] * 4
        (agreement,) = results["classifiers"]
        assert agreement["accuracy"] == 0
        without = [one for place, one in enumerate(options) if "judge" not in str(one)]
        again = askqa_here("evaluate", thirty, "--out", out, *without, "--limit", 3)
        assert "already complete" in again.stdout
        assert results_of(out)["judge"] is None
        assert len(server.requests) == len(asked)


def test_prices_are_of_tokens_and_audio(
    thirty: Path, server: ListeningServer, model_file: Path, tmp_path: Path
) -> None:
    arguments = ("evaluate", thirty, "--out", tmp_path / "run", "--model", model_file, "--limit", 2, "--max-rounds", 1)
    assert askqa_here(*arguments).returncode == 0
    assert results_of(tmp_path / "run")["usage"]["cost"] is None
    asked = server.asked.total()
    priced = askqa_here(*arguments, "--price", "prompt=2", "--price", "completion=500000", "--price", "audio=3600")
    assert priced.returncode == 0, priced
    seconds = sum(len(server.heard[Point(one.name, 0, 1)]) / 2 / 16000 for one in THIRTY[:2])
    cost = results_of(tmp_path / "run")["usage"]["cost"]
    assert cost == pytest.approx(2 * 20 / 1e6 + 500000 * 6 / 1e6 + seconds, rel=1e-12)
    assert server.asked.total() == asked


def test_recordings_can_be_kept_later_too(
    thirty: Path, server: ListeningServer, model_file: Path, tmp_path: Path
) -> None:
    """What was said is not asked for again, but spoken again."""
    out = tmp_path / "run"
    arguments = ("evaluate", thirty, "--out", out, "--model", model_file, "--limit", 1, "--workers", 1)
    assert askqa_here(*arguments).returncode == 0
    asked, without = server.asked.total(), results_of(out)
    assert not (out / "audio").exists()
    assert askqa_here(*arguments, "--keep-audio").returncode == 0
    told = [json.loads(line) for line in (out / "trajectories.jsonl").read_text("ascii").splitlines()]
    kept = {one["recording"] for trajectory in told for one in trajectory["rounds"]}
    assert len(kept) == 3
    assert {str(path.relative_to(out)) for path in out.glob("audio/*/*")} == kept
    assert server.asked.total() == asked
    assert results_of(out) == without
    again = askqa_here(*arguments, "--keep-audio")
    assert "already complete" in again.stdout
    assert askqa_here(*arguments, "--max-rounds", 1, "--overwrite").returncode == 0
    assert not (out / "audio").exists()


def test_a_folder_holds_one_run(thirty: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = ("evaluate", thirty, "--out", out, "--control", "always-answer")
    assert askqa_here(*arguments, "--limit", 2).returncode == 0
    more = askqa_here(*arguments, "--limit", 3)
    assert more.returncode == 0
    assert "3 requests to talk about, 2 of them done before" in more.stderr
    assert results_of(out)["counts"]["items"] == 3
    before = {path: path.read_bytes() for path in out.iterdir()}
    other = askqa_here(*arguments, "--limit", 3, "--max-rounds", 2)
    assert other.returncode == 2
    assert "of other settings, sources or library versions; give --overwrite" in other.stderr
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert askqa_here(*arguments, "--limit", 1, "--max-rounds", 2, "--overwrite").returncode == 0
    assert (results_of(out)["counts"]["items"], results_of(out)["run"]["max_rounds"]) == (1, 2)
    seeded = askqa_here(*arguments, "--limit", 3, "--seed", 5)
    assert seeded.returncode == 2
    for folder, said in ((thirty, str(thirty)), (thirty / "data", str(thirty)), (thirty / "README.md", str(thirty))):
        files = sorted(thirty.rglob("*"))
        wrong = askqa_here("evaluate", thirty, "--out", folder, "--control", "always-answer", "--overwrite")
        assert wrong.returncode == 2, wrong
        assert said in wrong.stderr
        assert sorted(thirty.rglob("*")) == files
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine", "utf-8")
    mine = askqa_here("evaluate", thirty, "--out", tmp_path / "mine", "--control", "always-answer", "--overwrite")
    assert mine.returncode == 2
    assert "thesis.txt" in mine.stderr


def test_without_a_folder_the_run_is_beside_the_dataset(thirty: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(thirty, tmp_path / "copied")
    ended = askqa_here("evaluate", copied, "--control", "always-answer", "--limit", 1)
    assert ended.returncode == 0, ended
    assert (tmp_path / "copied-evaluation-always-answer" / "results.json").exists()


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    for dataset in (tmp_path, tmp_path / "nowhere"):
        ended = askqa_here("evaluate", dataset, "--out", tmp_path / "out", "--control", "always-answer")
        assert ended.returncode == 2
        assert str(dataset) in ended.stderr


def test_seeds_reach_the_server(thirty: Path, server: ListeningServer, model_file: Path, tmp_path: Path) -> None:
    arguments = ("evaluate", thirty, "--out", tmp_path / "run", "--model", model_file, "--limit", 1, "--max-rounds", 1)
    assert askqa_here(*arguments, "--seed", 77).returncode == 0
    assert [body["seed"] for body in server.requests] == [77]


def test_neither_key_nor_address_is_in_any_file(
    thirty: Path, server: ListeningServer, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the server repeats them in what it answers."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secretsecret")
    server.key = "sk-secretsecret"
    server.failing = {Point("ida|3|2", 0, 1): 500, Point("ida|3|1", 1, 2): "cut"}
    arguments = ("evaluate", thirty, "--out", tmp_path / "run", "--model", model_file, "--limit", 3, "--keep-audio")
    ended = askqa_here(*arguments, "--workers", 1)
    assert ended.returncode == 3, ended
    assert server.authorizations == {"Bearer sk-secretsecret"}
    secrets = [b"sk-secret", b"127.0.0.1", server.root.rpartition(":")[2].encode()]
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file() and path.suffix != ".flac"]
    assert len(files) >= 5
    assert not [(path, secret) for path in files for secret in secrets[:2] if secret in path.read_bytes()]
    port = f":{secrets[2].decode()}/"
    assert not [path for path in files if port.encode() in path.read_bytes()]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-anotherone")
    wrong = askqa_here("evaluate", thirty, "--out", tmp_path / "other", "--model", model_file)
    assert wrong.returncode == 2
    assert "sk-another" not in wrong.stderr + wrong.stdout
