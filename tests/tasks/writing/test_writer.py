"""Statements that a language model writes, through the real client, from a server on loopback."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from chat_server import ChatServer, serving

from askqa_builder.cli.app import run
from askqa_builder.errors import AskqaError, EngineError, UsageError
from askqa_builder.tasks.checking import check_tasks
from askqa_builder.tasks.run import TasksReport, tasks

KEY = "sk-not-to-be-seen-anywhere"


@pytest.fixture
def writer_server() -> Iterator[ChatServer]:
    with serving() as server:
        server.always = write_about
        yield server


@pytest.fixture
def writer(writer_server: ChatServer, tmp_path: Path) -> Path:
    file = tmp_path / "writer.yaml"
    file.write_text(f"base_url: {writer_server.url}\nmodel: parrot\npatience: 1\ntimeout: 20\n", "utf-8")
    return file


def write_about(question: str) -> str:
    """Answer as the prompt wants it: each piece of evidence is a piece of the story."""
    story = question.split("Story:\n", 1)[1].split("\n\nAnswer with", 1)[0].split()
    pairs = [
        {
            "supported": f"Somebody who hears of {story[at]} learns that {story[at + 1]} matters greatly",
            "contradicted": f"Somebody who hears of {story[at]} learns that {story[at + 1]} matters little",
            "evidence": " ".join(story[at : at + 6]),
        }
        for at in (0, 8, 16)
    ]
    return json.dumps({"pairs": pairs})


def examples_in(out: Path) -> list[dict[str, Any]]:
    return [row for file in sorted(out.glob("data/*/*.parquet")) for row in pq.read_table(file).to_pylist()]


def written_in(out: Path) -> list[dict[str, Any]]:
    return [example for example in examples_in(out) if example["kind"] == "written"]


def make(dataset: Path, out: Path, writer: Path, **options: Any) -> TasksReport:
    return tasks(dataset, out, writer=writer, **options)


def test_statements_stand_under_every_label(
    demo_dataset: Path, tmp_path: Path, writer: Path, writer_server: ChatServer
) -> None:
    out = tmp_path / "out"
    assert make(demo_dataset, out, writer).exit_code == 0
    found = written_in(out)
    assert set(Counter(example["label"] for example in found)) == {"supported", "contradicted", "not told"}
    assert all(example["statement"] in example["prompt"] for example in found)
    assert all(example["statement"].endswith((" little.", " greatly.")) for example in found)  # the writer's have none
    assert not [fault for checked in check_tasks(demo_dataset, out) for fault in checked.faults]
    stories = {example["story_id"] for example in examples_in(out)}
    assert len(writer_server.requests) == len(stories)  # each story is asked about once


def test_a_story_that_lends_says_nothing_of_itself(demo_dataset: Path, tmp_path: Path, writer: Path) -> None:
    out = tmp_path / "out"
    make(demo_dataset, out, writer)
    facts: dict[str, set[str]] = {}
    for example in written_in(out):
        facts.setdefault(json.loads(example["facts"])["evidence"], set()).add(example["story_id"])
    assert all(len(stories) == 1 for stories in facts.values())


def test_the_same_answers_give_the_same_bytes(demo_dataset: Path, tmp_path: Path, writer: Path) -> None:
    for name in ("one", "other"):
        make(demo_dataset, tmp_path / name, writer)
    one, other = (sorted((tmp_path / name).glob("data/*/*")) for name in ("one", "other"))
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in other]


def test_answers_are_not_asked_for_twice(
    demo_dataset: Path, tmp_path: Path, writer: Path, writer_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKQA_CACHE", str(tmp_path / "cache"))
    make(demo_dataset, tmp_path / "one", writer)
    asked = len(writer_server.requests)
    make(demo_dataset, tmp_path / "other", writer)
    assert len(writer_server.requests) == asked > 0


UNFIT = {
    "no JSON": "I would rather not",
    "evidence of another story": json.dumps(
        {
            "pairs": 3
            * [
                {
                    "supported": "The comet came back in winter",
                    "contradicted": "The comet came back in summer",
                    "evidence": "words that nobody has ever narrated here",
                }
            ]
        }
    ),
    "too few": json.dumps({"pairs": []}),
}


@pytest.mark.parametrize("answer", UNFIT.values(), ids=list(UNFIT))
def test_a_story_about_which_nothing_fits_is_rejected_alone(
    demo_dataset: Path,
    tmp_path: Path,
    writer: Path,
    writer_server: ChatServer,
    answer: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ASKQA_CACHE", str(tmp_path / "cache"))
    first: list[str] = []

    def always(question: str) -> str:
        """Never fit for one story, whatever the tries."""
        story = question.split("Story:\n", 1)[-1][:40]
        first.append(story)
        return answer if "Story:" not in question or story == first[0] else write_about(question)

    writer_server.always = always
    writer.write_text(writer.read_text("utf-8") + "concurrency: 1\n", "utf-8")
    out = tmp_path / "out"
    report = make(demo_dataset, out, writer)
    assert report.exit_code == 3
    assert sum(report.rejected.values()) == 1
    (line,) = (out / "rejected.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["stage"] == "write"
    assert written_in(out)
    assert make(demo_dataset, out, writer).rejected == report.rejected  # and again where it is complete
    asked = len(writer_server.requests)
    assert run(["tasks", str(demo_dataset), str(out), "--writer", str(writer)]) == 3
    assert "nothing was written about 1 stories; --overwrite asks again, about these alone" in capsys.readouterr().out
    assert len(writer_server.requests) == asked
    writer_server.always = write_about
    assert run(["tasks", str(demo_dataset), str(out), "--writer", str(writer), "--overwrite"]) == 0
    assert len(writer_server.requests) == asked + 1


def test_the_key_is_nowhere(
    demo_dataset: Path,
    tmp_path: Path,
    writer: Path,
    writer_server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WRITER_KEY", KEY)
    monkeypatch.setenv("ASKQA_CACHE", str(tmp_path / "cache"))
    writer_server.key = KEY
    writer.write_text(writer.read_text("utf-8") + "api_key_variable: WRITER_KEY\n", "utf-8")
    assert run(["tasks", str(demo_dataset), str(tmp_path / "out"), "--writer", str(writer)]) == 0
    printed = capsys.readouterr()
    assert KEY not in printed.out + printed.err
    kept = [file for folder in ("out", "cache") for file in (tmp_path / folder).rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if KEY.encode() in file.read_bytes()]
    assert not [file for file in kept if writer_server.url.encode() in file.read_bytes()]


def test_a_server_that_is_away_ends_it_in_one_line(
    demo_dataset: Path, tmp_path: Path, writer: Path, writer_server: ChatServer, capsys: pytest.CaptureFixture[str]
) -> None:
    writer_server.stop()
    with pytest.raises((UsageError, EngineError)):
        make(demo_dataset, tmp_path / "out", writer)
    code = run(["tasks", str(demo_dataset), str(tmp_path / "out"), "--writer", str(writer)])
    assert code in (UsageError.exit_code, AskqaError.exit_code)
    lines = capsys.readouterr().err.splitlines()
    assert len([line for line in lines if line.startswith("askqa: ")]) == 1
    assert not (tmp_path / "out" / "askqa.json").exists()


@pytest.mark.parametrize(
    "content",
    ["model: parrot\nmodle: x\n", "base_url: http://127.0.0.1:9/v1\n", "- a list\n", "model: [\n", "7: 8\n"],
    ids=["unknown option", "no model", "a list", "no YAML", "keys that are no names"],
)
def test_a_writer_that_cannot_be_read_is_named(demo_dataset: Path, tmp_path: Path, content: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(content, "utf-8")
    with pytest.raises(UsageError, match=r"mine\.yaml: "):
        make(demo_dataset, tmp_path / "out", file)
    assert not (tmp_path / "out").exists()


def test_a_writer_has_nothing_to_do_without_reasoning(demo_dataset: Path, tmp_path: Path, writer: Path) -> None:
    with pytest.raises(UsageError, match="reasoning"):
        make(demo_dataset, tmp_path / "out", writer, tasks=["response"])
