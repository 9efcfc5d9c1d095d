"""A build of every format that can be read, as a user types it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import loaded_rows, manifest, rejects, rows

from askqa_builder.cli.app import run

from corpus.corpora import CORPORA

DOCUMENT = Path(__file__).parents[2] / "docs" / "sources.md"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def askqa(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; returns its exit code and what it printed."""

    def run_here(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return run_here


@pytest.fixture
def build(askqa: Run, quick_profile: Path) -> Run:
    """Build quickly: a command of `askqa build` whose sound does not matter."""
    quick = ("--profiles", quick_profile, "--sample-rate", 8000, "--workers", 1)
    return lambda *arguments: askqa("build", *arguments, *quick)


@pytest.mark.parametrize(
    ("name", "options", "rows_built", "reasons"),
    [
        ("coqa-demo-dev.json", ["--turns", "2", "--limit", "3"], 3, {}),
        ("squad_demo_dev-v2.0.json", [], 3, {}),
        ("tydiqa_demo_dev.jsonl", [], 2, {"no_answer": 1, "no_passage": 1, "unsupported_language": 1}),
    ],
)
def test_questions_that_nobody_has_judged(
    build: Run, tmp_path: Path, name: str, options: list[str], rows_built: int, reasons: dict[str, int]
) -> None:
    out = tmp_path / "out"
    code, printed, errors = build(CORPORA / name, out, *options)
    assert code == (3 if reasons else 0), errors
    built = rows(out, "initial")
    assert len(built) == rows_built
    assert not (out / "data" / "clarified").exists()
    assert {(row["ambiguous"], row["response"]["action"]) for row in built} == {(None, "answer")}
    assert manifest(out)["rejected"] == reasons
    assert ("left out" in printed) is bool(reasons)
    assert len(rejects(out)) == sum(reasons.values())


def test_clarified_alone_of_a_corpus_without_clarifications(build: Run, tmp_path: Path) -> None:
    code, _, errors = build(CORPORA / "coqa-demo-dev.json", tmp_path / "out", "--stages", "clarified")
    assert (code, errors.count("\n")) == (2, 1)
    assert "no conversation of the sources has clarifications" in errors
    assert not (tmp_path / "out").exists()


def test_clarifications_of_pacific(build: Run, askqa: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert build(CORPORA / "pacific_demo_validation.json", out)[0] == 3
    assert [row["ambiguous"] for row in rows(out, "initial")] == [True, False]
    [clarified] = rows(out, "clarified")
    assert [turn["act"] for turn in clarified["turns"][-3:]] == ["question", "clarifying_question", "clarification"]
    assert manifest(out)["rejected"] == {"needs_table": 2, "no_branch": 1}
    assert "then the assistant should clarify: Which year are you asking about?" in askqa("show", out)[1]


def test_a_dataset_without_labels_and_clarifications(build: Run, askqa: Run, tmp_path: Path) -> None:
    out, source = tmp_path / "out", CORPORA / "quac_demo_val.json"
    assert build(source, out, "--turns", "all", "--limit", 1)[0] == 0
    assert loaded_rows(out, tmp_path) == {"initial": 1}
    assert "then the assistant should answer: In 2011 Ida Berg" in askqa("show", out)[1]
    code, found, _ = askqa("verify", out, "--source", source, "--workers", 1)
    assert code == 0, found
    card = (out / "README.md").read_text("utf-8")
    assert "| initial | validation | 1 | 0.00 | not known |" in card
    assert "Whether it is ambiguous is not known here" in card
    assert "ambiguous questions" not in card.lower()
    assert "choi2018quac" in card
    assert "guo2021abgcoqa" not in card
    assert "every question of each dialogue" in card
    [listed] = manifest(out)["sources"]
    assert (listed["format"], manifest(out)["selection"]["turns"]) == ("quac", "all")


def test_history_from_coqa(build: Run, askqa: Run, demo_file: Path, tmp_path: Path) -> None:
    out, coqa = tmp_path / "out", CORPORA / "coqa-demo-dev.json"
    code, printed, _ = build(demo_file, out, "--coqa", coqa, "--limit", 1, "--stages", "initial")
    assert code == 3
    assert "left out: 1 coqa_missing" in printed
    [row] = rows(out, "initial")
    assert len(row["turns"]) == 8
    listed = manifest(out)["sources"]
    assert [(entry["name"], entry.get("use")) for entry in listed] == [
        ("demo_test.json", None),
        ("coqa-demo-dev.json", "history"),
    ]
    assert "coqa-demo-dev.json (earlier turns)" in (out / "README.md").read_text("utf-8").replace("&#95;", "_")
    assert build(demo_file, out, "--limit", 1, "--stages", "initial")[0] == 2  # another build than that
    assert askqa("verify", out, "--source", demo_file, "--coqa", coqa, "--workers", 1)[0] == 0
    code, _, errors = askqa("verify", out, "--source", demo_file)
    assert (code, errors.count("\n")) == (2, 1)
    assert "takes its history from coqa-demo-dev.json; give that too, with --coqa" in errors


def test_the_documents_example_of_own_conversations(build: Run, askqa: Run, tmp_path: Path) -> None:
    [example] = re.findall(r"<!-- example -->\n```json\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    source, out = tmp_path / "my.jsonl", tmp_path / "out"
    source.write_text(example, "utf-8")
    used = [key for line in example.splitlines() for key in json.loads(line)]
    section = DOCUMENT.read_text("utf-8").partition("## Your own conversations")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)` \| ", section, re.MULTILINE)
    assert set(used) == set(documented)
    assert build(source, out, "--split", "test")[0] == 0
    clear = next(row for row in rows(out, "initial") if row["id"] == "market-2#initial")
    assert clear["evidence"]["text"] == "Her son Luis plays the fiddle."
    assert (len(rows(out, "initial")), len(rows(out, "clarified"))) == (3, 2)
    kept = build(source, tmp_path / "kept", "--redistributable", "--dry-run")[1]
    assert "2 initial, 2 clarified" in kept  # the third line says no licence
