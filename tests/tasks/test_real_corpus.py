"""Abg-CoQA's own conversations: as many examples as the paper's tasks need, each checked, and nothing given away."""

from __future__ import annotations

from pathlib import Path

import pytest
from task_sets import examples_of, faults_of, rows_by_id, unbalanced

from askqa_builder import build, tasks

CONVERSATIONS = 10
"""Of each split."""


@pytest.fixture(scope="module")
def spoken(abg_coqa_folder: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("abg-coqa") / "spoken"
    build(abg_coqa_folder, out, profiles=str(quick_profile), limit=CONVERSATIONS, workers=1)
    return out


@pytest.mark.parametrize("context", ["audio", "text", "evidence"])
def test_labels_are_balanced_however_the_story_is_heard(spoken: Path, tmp_path: Path, context: str) -> None:
    tasks(spoken, tmp_path / "out", context=context, tasks=["reasoning"])
    assert unbalanced(examples_of(tmp_path / "out")) == []


@pytest.mark.parametrize("options", [{}, {"segments": 30, "window": "qwen2-audio", "context": "evidence"}])
def test_ten_examples_of_each_conversation(spoken: Path, tmp_path: Path, options: dict[str, object]) -> None:
    report = tasks(spoken, tmp_path / "out", **options)  # type: ignore[arg-type]
    assert faults_of(spoken, tmp_path / "out") == {}
    found = examples_of(tmp_path / "out")
    conversations = {row["conversation_id"] for row in rows_by_id(spoken).values()}
    assert {one["conversation_id"] for one in found} == conversations
    assert sum(report.counts.values()) == len(found) >= 10 * len(conversations)
    assert len(conversations) >= 0.9 * CONVERSATIONS
    assert {one["task"] for one in found} == {"listening", "reasoning", "response"}
