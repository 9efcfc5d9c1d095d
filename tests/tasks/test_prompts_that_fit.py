"""Prompts ask for what is there: no narrator who is not heard, a clip where there are several, an answer's form."""

from __future__ import annotations

from pathlib import Path

import pytest
from task_sets import examples_of, faults_of

from askqa_builder import tasks
from askqa_builder.tasks.wordings import load_wordings


@pytest.mark.parametrize("context", ["text", "none"])
def test_no_narrator_is_offered_who_is_not_heard(demo_dataset: Path, tmp_path: Path, context: str) -> None:
    tasks(demo_dataset, tmp_path / "out", context=context)
    assert faults_of(demo_dataset, tmp_path / "out") == {}
    found = examples_of(tmp_path / "out")
    assert {"who", "speakers", "transcript"} <= {one["kind"] for one in found}
    assert not [one["prompt"] for one in found if "narrator" in one["prompt"]]
    # a story that is read is not heard
    assert not [one["prompt"] for one in found if one["task"] == "reasoning" and "heard" in one["prompt"]]


def test_the_clip_is_asked_for_where_there_are_several(demo_dataset: Path, tmp_path: Path) -> None:
    tasks(demo_dataset, tmp_path / "out", tasks=["listening"], layout="turns")
    assert faults_of(demo_dataset, tmp_path / "out") == {}
    found = examples_of(tmp_path / "out", kind="when")
    assert len(found) > 5
    assert all("clip" in one["prompt"] and " in clip " in one["answer"] for one in found)


def test_a_narrator_is_offered_who_is_heard(demo_examples: Path) -> None:
    for kind in ("who", "speakers", "transcript"):
        assert all("narrator" in one["prompt"] for one in examples_of(demo_examples, kind=kind))
    assert not any("clip" in one["prompt"] for one in examples_of(demo_examples, kind="when"))


def test_each_wording_of_a_response_allows_asking_back() -> None:
    for prompt in load_wordings().table["response"]["response"]:
        assert "ask" in prompt or "clarifying question" in prompt
