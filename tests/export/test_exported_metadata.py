"""Labels of how it is said in exports: each toolkit reads them in the prompt; formats without prompts refuse them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from harness import askqa_here, assert_one_line
from read_exports import READERS
from speech_exports import exported, rows_of

from askqa_builder import questions, tasks
from askqa_builder.errors import UsageError
from askqa_builder.export.registry import ROW_FORMATS
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.metadata import parse
from askqa_builder.hearing.options import Hearing


@pytest.mark.parametrize("name", READERS)
def test_prompts_have_the_labels_of_what_is_heard(annotated_dataset: Path, tmp_path: Path, name: str) -> None:
    exported(annotated_dataset, tmp_path / "out", name, segments=10.0, metadata=True)
    exported(annotated_dataset, tmp_path / "plain", name, segments=10.0)
    hearing = Hearing(segments=10.0, metadata=True)
    read, plain = (READERS[name](tmp_path / folder, "test") for folder in ("out", "plain"))
    for (row, _), example, without in zip(rows_of(annotated_dataset), read, plain, strict=True):
        told = hear(row, hearing).metadata
        assert example.prompt == f"{told}\n\n{without.prompt}"
        assert max(label.clip for label in parse(example.prompt).labels) < len(example.sounds)
        assert (example.answer, len(example.sounds)) == (without.answer, len(without.sounds))
    assert "labels of how it is said stand in the prompts" in (tmp_path / "out" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["audiofolder", "nemo", "qwen2-audio"])
def test_a_task_set_keeps_its_labels(annotated_dataset: Path, tmp_path: Path, name: str) -> None:
    tasks(annotated_dataset, tmp_path / "set", tasks=["response"], segments=10, metadata=True)
    exported(tmp_path / "set", tmp_path / "out", name)
    told = {one["id"]: one for one in examples_of(tmp_path / "set")}
    read = READERS[name](tmp_path / "out", "test")
    assert len(read) == len(told)
    for example in read:
        one = next(one for id_, one in told.items() if id_ in example.id)
        assert example.prompt == f"{one['metadata']}\n\n{one['prompt']}"
    with pytest.raises(UsageError, match="give --metadata to askqa tasks instead"):
        exported(tmp_path / "set", tmp_path / "again", name, metadata=True)


def test_lines_tell_which_questions_labels_answer(styled_dataset: Path, tmp_path: Path) -> None:
    questions(styled_dataset, tmp_path / "set", kinds=["direct", "c"], segments=10)
    exported(tmp_path / "set", tmp_path / "out", "qwen2-audio")
    lines = [json.loads(line) for line in (tmp_path / "out" / "test.jsonl").read_text("utf-8").splitlines()]
    told = {line["id"]: line["metadata_readable"] for line in lines}
    wanted = {one["id"]: "yes" if one["metadata_readable"] else "no" for one in examples_of(tmp_path / "set")}
    assert told == wanted
    assert set(told.values()) == {"yes", "no"}


@pytest.mark.parametrize("name", ROW_FORMATS)
def test_a_format_without_prompts_refuses_labels(annotated_dataset: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"{name} has no prompts to put labels into")):
        exported(annotated_dataset, tmp_path / "out", name, metadata=True)


def test_the_command_refuses_rows_without_labels_before_it_writes(demo_dataset: Path, tmp_path: Path) -> None:
    refused = askqa_here("export", demo_dataset, tmp_path / "out", "--to", "trl", "--window", "none", "--metadata")
    assert_one_line(refused, 2)
    assert re.search("26 of 26 rows have no labels; .*askqa styles annotate", refused.stderr), refused.stderr
    assert not (tmp_path / "out").exists()


def examples_of(folder: Path) -> list[dict[str, Any]]:
    return [one for file in sorted(folder.glob("data/*/*.parquet")) for one in pq.read_table(file).to_pylist()]
