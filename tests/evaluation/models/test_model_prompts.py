"""Prompts of one's own in place of the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_requests import TURNS, HeardElsewhere, asked

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.models.prompts import load_prompts
from askqa_builder.evaluation.models.registry import Choice, open_subject


def test_no_field_is_left_in_a_prompt() -> None:
    prompts = load_prompts()
    made = [
        prompts.heard(None, TURNS),
        prompts.heard(None, TURNS[1:]),
        prompts.heard("A {story}.", TURNS[1:]),
        prompts.transcript("A story.", TURNS[1:]),
        prompts.recognised(None, "a book"),
        prompts.closed_book(TURNS[-1:]),
    ]
    assert all(prompts.table["task"] in prompt for prompt in made)
    assert "A {story}." in made[2]
    assert len(set(made)) == len(made)


def test_a_file_replaces_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("task: Go on.\nstory_heard: 'Listen {{well}}! {task}'\nuser: Human\n", "utf-8")
    own, shipped = load_prompts(file), load_prompts()
    assert own.heard(None, TURNS) == "Listen {well}! Go on."
    assert "Human: What did she draw?" in own.transcript(None, TURNS)
    assert own.table["closed_book"] == shipped.table["closed_book"]
    plain, changed = (open_subject(Choice("python:json:dumps", prompt_file=one)) for one in (None, file))
    assert plain.identity != changed.identity
    assert changed.prepared(asked(), None, HeardElsewhere()).prompt == "Listen {well}! Go on."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("story_hear: a", r"unknown option 'story_hear' \(close: story_heard"),
        ("task: 7", "task: 7 is not allowed; give text"),
        ("task: ' '", "is not allowed; give text"),
        ("task: '{task}'", "task: its fields must be none"),
        ("story_read: 'No story. {task}'", "story_read: its fields must be {story}, {task}"),
        ("closed_book: '{dialogue} {question}'", "closed_book: its fields must be {dialogue}, {task}"),
        ("closed_book: '{dialogue'", "closed_book: .*; double the braces"),
        ("- a", "prompts are a mapping"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(content, "utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        load_prompts(file)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_prompt_may_do_without_the_task(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("story_read: 'Read {story}'", "utf-8")
    assert load_prompts(file).heard("that", TURNS[1:]) == "Read that"
