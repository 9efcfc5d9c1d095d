"""A reply to a clarifying question may itself be the user's last question."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from task_sets import Row, rows_by_id

from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.options import Hearing
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.listening.speakers import Voices
from askqa_builder.tasks.listening.transcripts import LastQuestion
from askqa_builder.tasks.making import Origin, finished
from askqa_builder.tasks.task import Draw
from askqa_builder.tasks.wordings import load_wordings


@pytest.fixture(scope="module")
def clarified(demo_dataset: Path) -> Row:
    return next(row for row in rows_by_id(demo_dataset).values() if row["stage"] == "clarified")


def replying(row: Row, reply: str) -> HeardRow:
    """The row with another reply; nothing is known of its times."""
    other = copy.deepcopy(row)
    other["turns"][-1] |= {"text": reply, "spoken_text": reply}
    other["words"] = []
    return HeardRow(other, hear(other, Hearing()), "test")


def made(kind: Any, row: HeardRow) -> Example | None:
    stream = Draw(0, "listening", "r").stream("x")
    draft = kind.draft(row, stream, partial(load_wordings().say, "listening", kind.name))
    return None if draft is None else finished(draft, Origin("id", "listening", row, [], 0))


@pytest.mark.parametrize("reply", ["No, what did the bug want?", "Yes, does he?", 'I mean "who?"'])
def test_a_reply_that_asks_is_the_last_question(clarified: Row, reply: str) -> None:
    row = replying(clarified, reply)
    example = made(LastQuestion(), row)
    assert example is not None
    assert (example.answer, example.turn) == (reply, len(row.row["turns"]) - 1)
    assert LastQuestion().fault(example, row) is None
    earlier = next(turn["text"] for turn in reversed(row.row["turns"]) if turn["act"] == "question")
    assert LastQuestion().fault(replace(example, answer=earlier), row) is not None


@pytest.mark.parametrize("reply", ["I mean who won", "Which one? I mean the bug."])
def test_of_a_reply_that_may_ask_there_is_no_example(clarified: Row, reply: str) -> None:
    assert made(LastQuestion(), replying(clarified, reply)) is None


def test_a_reply_that_tells_leaves_the_question_before_it(clarified: Row) -> None:
    row = replying(clarified, "I mean the bug.")
    example = made(LastQuestion(), row)
    assert example is not None
    assert row.row["turns"][example.turn or 0]["act"] == "question"
    assert LastQuestion().fault(example, row) is None


def test_voices_are_counted_in_the_row_anew(clarified: Row) -> None:
    row = replying(clarified, "Yes.")
    example = made(Voices(), row)
    assert example is not None
    assert Voices().fault(example, row) is None
    for speaker in row.row["speakers"]:
        speaker |= {"engine": "e", "model": None, "voice": speaker["role"]}
    for count in range(5):
        wrong = Voices().fault(replace(example, answer=str(count)), row)
        assert (wrong is None) is (count == 3)
