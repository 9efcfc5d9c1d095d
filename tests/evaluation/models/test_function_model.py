"""Models that are Python functions and classes of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from model_requests import asked

from askqa_builder.corpus.conversation import Action
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.models.function import FunctionModel
from askqa_builder.evaluation.models.model import OutOfReachError, Response
from askqa_builder.evaluation.models.registry import Choice, open_subject
from askqa_builder.evaluation.models.subject import Subject

CODE = """
from beside import GREETING
from askqa_builder.evaluation.models.model import OutOfReachError, Response

number = 7

def greet(request, name="you"):
    return f"{GREETING} {name} in round {request.round}"

def whole(request):
    return Response("green", prompt_tokens=5, seconds=0.25)

def nothing(request):
    return None

def blank(request):
    return " \\n"

def halved(request):
    return "\\ud800"

def crash(request):
    raise KeyError("no such\\nthing")

def away(request):
    raise OutOfReachError("not now")

class Counter:
    concurrency = 3

    def __init__(self, start):
        self.count = start

    def respond(self, request):
        self.count += 1
        return str(self.count)

    def close(self):
        self.count = None

class Mute:
    pass
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("GREETING = 'Hello'\n", "utf-8")
    path = tmp_path / "own_models.py"
    path.write_text(CODE, "utf-8")
    return path


def subject(file: Path, name: str) -> Subject:
    return open_subject(Choice(f"python:{file}:{name}"))


def test_a_function_of_a_file_responds(file: Path) -> None:
    assert FunctionModel(f"{file}:greet").respond(asked()) == "Hello you in round 1"
    assert FunctionModel(f"{file}:greet", {"name": "Ann"}).respond(asked(round=2)) == "Hello Ann in round 2"
    assert subject(file, "whole").respond(asked()) == Response("green", prompt_tokens=5, seconds=0.25)


def test_a_function_of_a_module_responds(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(file.parent))
    assert FunctionModel("own_models:greet").respond(asked()) == "Hello you in round 1"


def test_a_class_is_made_once_with_its_options(file: Path) -> None:
    spec = file.with_suffix(".yaml")
    spec.write_text(f"kind: python\nname: counts\ntarget: {file}:Counter\noptions: {{start: 5}}\n", "utf-8")
    counting = open_subject(Choice(str(spec)))
    assert (counting.name, counting.concurrency) == ("counts", 3)
    assert [counting.respond(asked()).text for _ in range(3)] == ["6", "7", "8"]
    counting.close()
    assert FunctionModel(f"{file}:greet").concurrency == 1


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("greet", {"nmae": "Ann"}, "does not take a request and the options"),
        ("Counter", {}, "does not take the options: missing a required argument: 'start'"),
        ("Mute", {}, "no method respond"),
        ("gret", {}, r"no 'gret' in it \(close: greet"),
        ("number", {}, "neither a function nor a class"),
    ],
)
def test_what_cannot_respond_is_told_at_once(file: Path, target: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        FunctionModel(f"{file}:{target}", options)


@pytest.mark.parametrize("target", ["nowhere.py:f", "nowhere:f", "respond", ":f", "os:", "json.decoder.nothing:f"])
def test_what_is_not_there_is_told_at_once(target: str) -> None:
    with pytest.raises(UsageError):
        FunctionModel(target)


def test_a_file_that_fails_is_told_in_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def f(:\n", "utf-8")
    with pytest.raises(UsageError, match="cannot be imported: SyntaxError") as caught:
        FunctionModel(f"{broken}:f")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "unfit"), [("blank", "empty"), ("halved", "not_text")])
def test_what_is_no_text_is_unfit(file: Path, name: str, unfit: str) -> None:
    response = subject(file, name).respond(asked())
    assert (response.text, response.unfit) == ("", unfit)


def test_a_model_that_says_no_text_at_all_is_wrong_set_up(file: Path) -> None:
    with pytest.raises(UsageError, match="responds with NoneType"):
        subject(file, "nothing").respond(asked())


@pytest.mark.parametrize(
    "told",
    [
        {"action": Action.CLARIFY},
        {"left_out": 0},
        {"seconds": float("nan")},
        {"seconds": -1.0},
        {"seconds": "1"},
        {"prompt_tokens": "7"},
        {"completion_tokens": -3},
        {"completion_tokens": 2.5},
        {"unfit": 3},
        {"heard": b"x"},
        {"heard": "\ud800"},
    ],
)
def test_a_model_tells_nothing_that_cannot_be_and_not_what_it_does(told: dict[str, Any]) -> None:
    saying = open_subject(Choice(lambda request: Response("green", **told)))
    with pytest.raises(UsageError, match=f"{next(iter(told))}: .* is not allowed"):
        saying.respond(asked())


def test_a_model_that_crashes_has_no_response_to_this_request(file: Path) -> None:
    with pytest.raises(OutOfReachError, match=r"row-clear: KeyError: 'no such.*thing'") as caught:
        subject(file, "crash").respond(asked())
    assert "\n" not in str(caught.value)
    with pytest.raises(OutOfReachError, match=r"^not now$"):
        subject(file, "away").respond(asked())


def test_its_identity_changes_with_its_code_and_options_and_not_with_its_folder(file: Path, tmp_path: Path) -> None:
    plain = json.dumps(FunctionModel(f"{file}:greet").identity)
    assert str(tmp_path) not in plain
    assert json.dumps(FunctionModel(f"{file}:greet", {"name": "Ann"}).identity) != plain
    moved = tmp_path / "moved"
    moved.mkdir()
    for one in ("own_models.py", "beside.py"):
        (moved / one).write_bytes((tmp_path / one).read_bytes())
    assert json.dumps(FunctionModel(f"{moved}/own_models.py:greet").identity) == plain
    file.write_text(CODE + "\n", "utf-8")
    assert json.dumps(FunctionModel(f"{file}:greet").identity) != plain
