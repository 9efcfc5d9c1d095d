"""Labels of how it is said in the prompts of examples: what stands there, that it is checked, that it is no leak."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from harness import askqa_here, assert_one_line, manifest
from task_sets import examples_of, faults_of, files_of, meddled, rows_by_id

from askqa_builder import export, tasks
from askqa_builder.dataset.manifest import write_manifest
from askqa_builder.digests import sha256_of
from askqa_builder.errors import UsageError
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.metadata import parse
from askqa_builder.hearing.options import Hearing
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.leakage import LeakageSample
from askqa_builder.tasks.reading import examples_of as read_examples
from askqa_builder.tasks.reading import tasks_manifest
from askqa_builder.tasks.reasoning.task import Reasoning
from askqa_builder.tasks.wordings import load_wordings


@pytest.fixture(scope="module")
def labelled(annotated_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All examples of the annotated dataset, with its labels, the story read. Read it, never change it."""
    out = tmp_path_factory.mktemp("examples") / "labelled"
    tasks(annotated_dataset, out, context="text", segments=10, metadata=True)
    return out


def test_each_example_has_the_labels_of_what_it_hears(labelled: Path, annotated_dataset: Path) -> None:
    rows = rows_by_id(annotated_dataset)
    hearing = Hearing("text", segments=10, metadata=True)
    examples = [Example(**one) for one in examples_of(labelled)]
    assert examples
    for one in examples:
        assert one.metadata == hear(rows[one.row_id], hearing).metadata
        assert one.metadata is not None
        assert one.full_prompt == f"Story:\n{one.story.strip()}\n\n{one.metadata}\n\n{one.prompt}"
        labels = parse(one.full_prompt).labels
        assert {label.role for label in labels} <= {"user", "assistant"}
        assert all(label.clip < len(one.audio) for label in labels)


def test_examples_without_labels_have_none(demo_examples: Path) -> None:
    assert {one["metadata"] for one in examples_of(demo_examples)} == {None}
    assert "metadata" not in manifest(demo_examples)["options"]["hearing"]


def test_all_but_the_labels_is_as_without_them(labelled: Path, annotated_dataset: Path, tmp_path: Path) -> None:
    tasks(annotated_dataset, tmp_path / "out", context="text", segments=10)
    assert [{**one, "metadata": None} for one in examples_of(labelled)] == examples_of(tmp_path / "out")


def test_labels_that_are_not_the_rows_are_found(labelled: Path, annotated_dataset: Path, tmp_path: Path) -> None:
    assert not faults_of(annotated_dataset, labelled)
    changes = [lambda told: told.replace("happy", "sad"), lambda told: told.replace(" 1 ", " 2 "), lambda told: None]
    changed = meddled(
        labelled,
        tmp_path / "out",
        lambda examples: [
            {**one, "metadata": changes[place](one["metadata"])} if place < len(changes) else one
            for place, one in enumerate(examples)
        ],
    )
    faults = faults_of(annotated_dataset, tmp_path / "out")
    assert changed
    assert faults.keys() == changed
    assert set(faults.values()) == {"the labels of how it is said are not its row's"}


def test_the_text_alone_that_leakage_is_measured_by_has_no_labels(labelled: Path) -> None:
    sample, told = LeakageSample([Reasoning(load_wordings())]), 0
    for one in examples_of(labelled, task="reasoning"):
        sample.offer(Example(**one))
        told += 1
    assert told
    assert not any("speech labels" in asked.prompt for asked in sample._sample.items())


def test_another_set_is_in_the_way_of_labels_and_the_same_one_is_complete(
    annotated_dataset: Path, labelled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(labelled, out)
    assert tasks(annotated_dataset, out, context="text", segments=10, metadata=True).already_complete
    with pytest.raises(UsageError, match="another"):
        tasks(annotated_dataset, out, context="text", segments=10)


def test_a_set_that_was_made_before_there_were_labels_is_read_and_complete(
    demo_dataset: Path, demo_examples: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(demo_examples, out)
    content = tasks_manifest(out)
    for entry in content["shards"]:
        table = pq.read_table(out / entry["file"])
        pq.write_table(table.drop_columns(["metadata"]), out / entry["file"])
        entry |= {"sha256": sha256_of(out / entry["file"]), "bytes": (out / entry["file"]).stat().st_size}
    write_manifest(out, content)
    assert tasks(demo_dataset, out).already_complete
    assert not faults_of(demo_dataset, out)
    assert all(one.metadata is None for file in files_of(out) for one in read_examples(out, str(file.relative_to(out))))
    assert export(out, tmp_path / "chats", to="ms-swift", window="none").splits


def test_the_command_puts_labels_in_and_says_where_there_are_none(
    annotated_dataset: Path, demo_dataset: Path, tmp_path: Path
) -> None:
    made = askqa_here("tasks", annotated_dataset, tmp_path / "out", "--tasks", "response", "--metadata")
    assert made.returncode == 0
    assert all(parse(one["metadata"]).labels for one in examples_of(tmp_path / "out"))
    assert "labels of how it is said stand in the prompts" in (tmp_path / "out" / "README.md").read_text("utf-8")
    refused = askqa_here("tasks", demo_dataset, tmp_path / "none", "--metadata")
    assert_one_line(refused, 2)
    assert "askqa styles annotate" in refused.stderr
    assert not (tmp_path / "none").exists()


def test_questions_about_how_it_is_said_may_have_labels_too(styled_dataset: Path, tmp_path: Path) -> None:
    made = askqa_here("styles", "questions", styled_dataset, tmp_path / "out", "--metadata")
    assert made.returncode == 0, made.stderr
    examples = examples_of(tmp_path / "out")
    assert any(one["metadata_readable"] for one in examples)
    assert all(parse(one["metadata"]).labels for one in examples)
    assert not faults_of(styled_dataset, tmp_path / "out")


def test_kinds_that_the_labels_answer_are_tagged_and_others_not(styled_book: Path, tmp_path: Path) -> None:
    """The block tells who speaks from when to when, with F0, and no words."""
    out = tmp_path / "set"
    done = askqa_here("tasks", styled_book, out, "--metadata", "--tasks", "listening,reasoning,response")
    found = examples_of(out)
    tagged = {(one["task"], one["kind"]): one["metadata_readable"] for one in found}
    assert {kind for (_, kind), readable in tagged.items() if readable} == {"speakers", "turns", "voices"}
    assert None not in tagged.values()
    assert {task for task, _ in tagged} == {"listening", "reasoning", "response"}
    readable = sum(one["metadata_readable"] for one in found)
    assert f"metadata-readable: {readable} (" in done.stdout
    assert f"\n\n{readable} questions have `metadata_readable` true" in (out / "README.md").read_text("utf-8")
    for one in found:
        if one["kind"] == "speakers":
            spoken = [label.role for label in parse(one["metadata"]).labels if label.source != "recognised"]
            assert one["answer"] == ", ".join(spoken)
    changed = meddled(out, tmp_path / "meddled", lambda ones: [flipped(one) for one in ones])
    faults = faults_of(styled_book, tmp_path / "meddled")
    assert faults.keys() == changed
    assert set(faults.values()) == {"whether labels of how it is said answer it is not as its kind has it"}


def flipped(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "metadata_readable": not one["metadata_readable"]}
