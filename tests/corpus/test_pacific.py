"""What PACIFIC's dialogues become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from askqa_builder.corpus.conversation import Act, Action, Conversation, Stage
from askqa_builder.corpus.reading import ALL_TURNS, Reading

from corpus.corpora import conversation, demo, read_changed, read_demo, reject, said
from corpus.reader import BOTH_STAGES, set_at

NAME = "pacific_demo_validation.json"


def test_ambiguous_questions_are_asked_about_and_the_reply_is_the_branch() -> None:
    earned = conversation(read_demo(NAME)["u2"])
    assert earned.ambiguous is True
    assert (earned.response.action, earned.response.text) == (Action.CLARIFY, "Which year are you asking about?")
    initial, clarified = earned.points(BOTH_STAGES)
    assert (clarified.stage, clarified.branch) == (Stage.CLARIFIED, 0)
    assert clarified.turns[-1].text == "2031."
    assert clarified.response.references == ("4.5 million",)
    assert initial.turns == clarified.turns[:-2]
    assert (earned.source, earned.licence, earned.target_turn_id) == ("pacific", "unknown", 2)


def test_the_story_is_the_paragraphs_in_their_order() -> None:
    story = conversation(read_demo(NAME)["u2"]).story
    assert [part.split()[0] for part in story.split("\n\n")] == ["Report", "Our", "Three"]


def test_the_last_clear_question_hears_everything_before_it() -> None:
    found = read_demo(NAME)
    assert "u1" not in found  # clear too, but not the last
    last = conversation(found["u7"])
    assert last.ambiguous is False
    assert last.response.references == ("Three carpenters and two painters",)
    assert last.evidence is not None
    assert last.evidence.text == "Three carpenters left the works, and two painters joined."
    assert said(last)[6:12] == [
        "How many boats were sold?",
        "Which year do you mean?",
        "In 2031.",
        "12",
        *said(last)[10:12],
    ]
    assert [turn.act for turn in last.turns[3:7]] == [
        *(Act.QUESTION, Act.CLARIFYING_QUESTION),
        *(Act.CLARIFICATION, Act.ANSWER),
    ]


def test_replies_are_no_targets_even_of_all() -> None:
    found = read_demo(NAME, Reading(ALL_TURNS))
    assert list(found) == ["u1", "u2", "u4", "u6", "u7", "u8"]


def test_what_needs_the_table_is_rejected() -> None:
    found = read_demo(NAME)
    assert reject(found["u4"]).reason == reject(found["u6"]).reason == "needs_table"
    assert reject(found["u8"]).reason == "no_branch"


@pytest.mark.parametrize(
    ("answer", "scale", "spoken"),
    [
        (["a boat"], "", "a boat"),
        (["a", "b", "c"], "", "a, b and c"),
        ("3", "thousand", "3 thousand"),
        (12.0, "percent", "12 percent"),
        (-0.5, "", "-0.5"),
        (["7%"], "percent", "7%"),
        (["7"], "mistyped", "7"),
    ],
)
def test_answers_as_they_are_spoken(tmp_path: Path, answer: Any, scale: str, spoken: str) -> None:
    content = demo(NAME)
    content[0]["questions"][0] |= {"answer": answer, "scale": scale}
    found = read_changed(content, tmp_path / NAME, Reading(ALL_TURNS))[0]
    assert conversation(found).response.text == spoken


@pytest.mark.parametrize(
    ("path", "value", "identifier", "reason"),
    [
        ("questions", [], None, "no_question"),
        ("questions.3.req_clari", "yes", None, "wrong_type"),
        ("questions.0.order", None, None, "missing_field"),
        ("questions.1.answer", None, "u2", "missing_field"),
        ("questions.1.answer", [], "u2", "empty_text"),
        ("questions.1.answer", float("nan"), "u2", "bad_number"),
        ("questions.1.answer_from", "a\nmap", "u2", "unknown_origin"),
        ("questions.2.answer_from", "table", "u2", "needs_table"),
        ("questions.2.question", "!", "u2", "unpronounceable"),
        ("questions.2.req_clari", True, "u2", "no_branch"),
        ("paragraphs", [], "u2", "unpronounceable"),
        ("paragraphs.0.text", "a " * 10_001, "u2", "text_too_long"),
    ],
)
def test_rejects(tmp_path: Path, path: str, value: Any, identifier: str | None, reason: str) -> None:
    content = demo(NAME)
    set_at(content[0], path, value)
    outcomes = read_changed(content, tmp_path / NAME)
    found = reject(next(outcome for outcome in outcomes if outcome.id == identifier))
    assert (found.index, found.reason) == (0, reason)


def test_the_test_file_has_no_answers(tmp_path: Path) -> None:
    content = demo(NAME)[:1]
    for question in content[0]["questions"]:
        for key in set(question) - {"uid", "order", "question", "original_question"}:
            del question[key]
    outcomes = read_changed(content, tmp_path / "pacific_test.json")
    assert not [outcome for outcome in outcomes if isinstance(outcome, Conversation)]
    assert {reject(outcome).reason for outcome in outcomes} == {"missing_field"}
