"""Wrong answers are of the sort that is asked for, and stand nowhere near the question."""

from __future__ import annotations

from pathlib import Path

import pytest
from task_sets import examples_of, facts, rows_by_id

from askqa_builder.tasks.reasoning.nearness import near_words, stems
from askqa_builder.tasks.reasoning.sorts import YES_NO, answer_kind, is_vague


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        ("How many women lived above him?", "two", "count, number"),
        ("How many women lived above him?", "the University of Louisville in 1986", "count, clause with a number"),
        ("What day is it?", "Monday", "day, date"),
        ("What day is it?", "Oliver's Organic Ice Cream", "day, clause"),
        ("When did he die?", "in 1986", "time, year"),
        ("When he passed, who did he leave it to?", "Anna", "person, name"),
        ("Who was it?", "his mate", "person, words"),
        ("Where was she?", "in Rome", "place, name"),
        ("Why?", "because he was so tired", "reason, clause"),
        ("What did she do next?", "wept", "action, words"),
        ("What kind of dog was it?", "a spaniel", "dog, words"),
        ("What color is it?", "red", "colour, words"),
        ("What was her name?", "Desiree Young", "name, name"),
        ("And then?", "he left", "other, words"),
        ("Was it?", "Yes, it was.", YES_NO),
    ],
)
def test_sorts(question: str, answer: str, kind: str) -> None:
    assert answer_kind(question, answer) == kind


def test_wrong_answers_share_no_word_with_what_stands_near_the_question(storybook: Path, examples_made: Path) -> None:
    rows, wrong = rows_by_id(storybook), 0
    for one in examples_of(examples_made, kind="statement"):
        row, told = rows[one["row_id"]], facts(one)
        right = row["response"]["text"]
        if one["label"] == "not told" or told["answer"] == right:
            continue
        wrong += 1
        kind = answer_kind(told["question"], right)
        assert answer_kind(told["question"], told["answer"]) == kind
        assert kind == YES_NO or not stems(told["answer"]) & near_words(told["question"], row)
        assert not stems(told["answer"]) & stems(row["evidence"]["text"] or "")
    assert wrong > 5


def test_what_is_near_is_not_told_by_whom_the_story_is_about() -> None:
    story = (
        "Tom was a cook. Tom met Jews. Jews should not play, said Tom. Rome is old. Ann slept. A dog ran. A cat sat."
    )
    row = {"story": story, "evidence": {"text": "said Tom"}}
    assert "shoul" in near_words("Who were the Jews that Tommy knew?", row)
    assert "cook" not in near_words("Who met the Jews?", row)
    assert not near_words("Where is it?", {**row, "evidence": {"text": None}})


def test_vague_sorts() -> None:
    assert is_vague("action, clause")
    assert not is_vague("count, number")
