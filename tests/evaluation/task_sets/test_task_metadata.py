"""Labels of how it is said in the prompts of a set: asked with, without, and the two compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import askqa_here
from set_server import SetServer, serving_set, write_model

from askqa_builder.tasks.example import Example

Json = dict[str, Any]

BLOCK = "[speech labels, version"


@pytest.fixture(scope="session")
def labelled(demo_file: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Examples whose prompts have labels: the dataset's turns have styles. Read it, never change it."""
    from askqa_builder import build, tasks

    folder = tmp_path_factory.mktemp("labelled")
    styled = quick_profile.read_text("utf-8").replace(
        "voices: [kal16]", "voices: [kal16], styles: [neutral, lively, soft]"
    )
    (folder / "styled.yaml").write_text(styled, "utf-8")
    build(demo_file, folder / "dataset", profiles=str(folder / "styled.yaml"), limit=6, workers=1)
    kinds = ("transcript", "turn", "span", "speakers", "when", "order", "last_question")
    tasks(folder / "dataset", folder / "labelled", tasks=("listening",), without=kinds, metadata=True)
    return folder / "labelled"


@pytest.fixture
def server(labelled: Path) -> Iterator[SetServer]:
    with serving_set(labelled) as found:
        yield found


def prompts(server: SetServer) -> list[str]:
    return [request["messages"][-1]["content"][-1]["text"] for request in server.requests]


def test_a_set_is_asked_as_it_is_stored(labelled: Path, server: SetServer, tmp_path: Path) -> None:
    arguments = ["evaluate", labelled, "--model", write_model(tmp_path / "m.yaml", server)]
    ended = askqa_here(*arguments, "--out", tmp_path / "run")
    assert ended.returncode == 0, ended
    assert all(BLOCK in prompt for prompt in prompts(server))
    assert set(server.asked) == server.examples.keys()
    count = len(server.examples)
    assert f"{count} with labels of how it is said in the prompt" in ended.stdout.splitlines()[0]
    again = askqa_here(*arguments, "--out", tmp_path / "run", "--metadata")
    assert again.stdout.splitlines()[-1].startswith("already complete")


def test_labels_are_left_out_on_demand(labelled: Path, server: SetServer, tmp_path: Path) -> None:
    arguments = ["evaluate", labelled, "--out", tmp_path / "run", "--model", write_model(tmp_path / "m.yaml", server)]
    ended = askqa_here(*arguments, "--no-metadata")
    assert ended.returncode == 0, ended
    assert not any(BLOCK in prompt for prompt in prompts(server))
    assert sorted(prompts(server)) == sorted(one.prompt for one in server.examples.values())
    refused = askqa_here(*arguments)
    assert refused.returncode == 2
    assert "--overwrite" in refused.stderr


def test_closed_book_still_reads_the_labels(labelled: Path, server: SetServer, tmp_path: Path) -> None:
    model = write_model(tmp_path / "m.yaml", server)
    ended = askqa_here("evaluate", labelled, "--out", tmp_path / "run", "--model", model, "--control", "closed-book")
    assert ended.returncode == 0, ended
    assert all(BLOCK in request["messages"][-1]["content"] for request in server.requests)


def test_with_and_without_are_compared(labelled: Path, server: SetServer, tmp_path: Path) -> None:
    """A model that is right with labels, and without them where an id says so."""

    def says(example: Example) -> str:
        return example.answer if example.metadata is not None or len(example.id) % 2 else "no idea at all"

    server.says = says
    model = write_model(tmp_path / "m.yaml", server)
    arguments = ["evaluate", labelled, "--out", tmp_path / "runs", "--model", model, "--compare-metadata"]
    ended = askqa_here(*arguments, "--as", "json")
    assert ended.returncode == 0, ended
    told = json.loads(ended.stdout)
    labels = [one for one in server.examples.values() if one.label is not None]
    without = sum(len(one.id) % 2 for one in labels) / len(labels)
    assert 0 < without < 1
    (found,) = told["comparisons"]
    assert (found["first"]["metadata"], found["second"]["metadata"]) == (False, True)
    accuracy = found["cells"]["all"]["accuracy"]
    assert (accuracy["first"], accuracy["second"]) == (pytest.approx(without), 1.0)
    assert accuracy["difference"] == pytest.approx(1 - without)
    assert accuracy["low"] < accuracy["difference"] < accuracy["high"]
    assert [run["run"]["metadata"] for run in told["runs"]] == [False, True]
    asked = len(server.requests)
    compared = askqa_here(
        "evaluate", "--compare", tmp_path / "runs" / "none", tmp_path / "runs" / "stored", "--as", "json"
    )
    assert json.loads(compared.stdout) == found
    again = askqa_here(*arguments)
    assert len(server.requests) == asked
    lines = again.stdout.splitlines()
    assert any(line.startswith("first: ") and line.endswith("without labels of how it is said") for line in lines)
    assert [line.split(":")[0] for line in lines[-2:]] == ["already complete", "already complete"]
