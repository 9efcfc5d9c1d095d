"""What people's own conversations become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from askqa_builder.corpus.conversation import Act, Action
from askqa_builder.errors import UsageError

from corpus.corpora import conversation, demo, read_changed, read_demo, reject
from corpus.reader import BOTH_STAGES, read, set_at

NAME = "own_demo_test.jsonl"


def test_all_that_a_conversation_can_hold() -> None:
    market = conversation(read_demo(NAME)["market-1"])
    assert (market.source, market.licence, market.language, market.target_turn_id) == (
        *("elm-street", "CC0-1.0"),
        *("en-GB", 3),
    )
    assert market.ambiguous is True
    assert [turn.act for turn in market.turns] == [Act.STORY, *[Act.QUESTION, Act.ANSWER] * 2, Act.QUESTION]
    assert market.response.action is Action.CLARIFY
    assert market.response.references == ("Do you mean the honey or the pears?", "Which of her goods do you mean?")
    assert [clarification.question for clarification in market.clarifications] == [market.response.text]
    points = list(market.points(BOTH_STAGES))
    assert [point.branch for point in points] == [None, 0, 1]
    assert points[1].response.references == ("six euros", "6 euros")


def test_clear_question_with_alternatives_and_evidence() -> None:
    market = conversation(read_demo(NAME)["market-2"])
    assert market.ambiguous is False
    assert market.response.references == ("Luis", "her son Luis", "Ana's son")
    assert market.evidence is not None
    assert market.story[market.evidence.char_start :].startswith("her son Luis plays")


def test_what_is_left_out_is_not_known() -> None:
    market = conversation(read_demo(NAME)["market-3"])
    assert (market.ambiguous, market.evidence, market.target_turn_id) == (None, None, None)
    assert (market.source, market.licence, market.language) == ("own", "unknown", "en")
    assert market.response.answerable is False


def test_alternative_questions_may_have_branches_too(tmp_path: Path) -> None:
    content = demo(NAME)[:1]
    content[0]["clarifications"][1]["branches"] = [{"reply": "Honey.", "answers": ["six"]}]
    del content[0]["ambiguous"]  # goes without saying
    market = conversation(read_changed(content, tmp_path / NAME)[0])
    assert market.ambiguous is True
    assert [len(clarification.branches) for clarification in market.clarifications] == [2, 1]


def test_a_bad_branch_is_rejected_alone(tmp_path: Path) -> None:
    content = demo(NAME)[:1]
    content[0]["clarifications"][0]["branches"][0]["answers"] = []
    branch, market = read_changed(content, tmp_path / NAME)
    assert reject(branch).id == "market-1#clarified-0"
    assert [found.index for found in conversation(market).clarifications[0].branches] == [1]


@pytest.mark.parametrize(
    ("number", "path", "value", "reason"),
    [
        (0, "story", None, "missing_field"),
        (0, "history.1.asistant", "Ana does.", "unknown_field"),
        (0, "clarifications.0.branches", [], "no_branch"),
        (0, "clarifications", [], "no_branch"),
        (0, "clarifications.1.question", "", "empty_text"),
        (0, "clarifications.1.branches", [{"reply": "Honey."}], "missing_field"),
        (0, "clarifications.0.branch", [], "unknown_field"),
        (0, "ambiguous", False, "contradiction"),
        (0, "answer", "six euros", "contradiction"),
        (0, "evidence", "Ana sells honey", "contradiction"),
        (0, "ambiguous", "yes", "wrong_type"),
        (0, "language", "de", "unsupported_language"),
        (1, "evidence", "her son Luis sings", "bad_evidence"),
        (1, "evidence", "for", "bad_evidence"),
        (1, "answer", None, "missing_field"),
        (1, "alternatives", ["her son", ""], "empty_text"),
        (1, "alternatives", "her son", "wrong_type"),
        (1, "turn_id", -1, "bad_number"),
        (1, "license", "MIT", "unknown_field"),
        (1, "id", "market-1", "duplicate_id"),
    ],
)
def test_rejects_name_file_and_line(tmp_path: Path, number: int, path: str, value: Any, reason: str) -> None:
    content = demo(NAME)
    set_at(content[number], path, value)
    found = reject(read_changed(content, tmp_path / NAME)[number])
    assert (found.index, found.reason) == (number, reason)
    assert found.detail.startswith(f"own_demo_test.jsonl:{number + 1}: ")
    assert found.detail.isprintable()
    assert len(found.detail) < 300


def test_a_misspelt_field_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    content = demo(NAME)[:1]
    content[0]["clarification"] = content[0].pop("clarifications")
    detail = reject(read_changed(content, tmp_path / NAME)[0]).detail
    assert detail.startswith('own_demo_test.jsonl:1: there is no field "clarification"; the fields are id, story, ')


def test_lines_that_are_no_json_are_rejected_alone(tmp_path: Path) -> None:
    first, second, third = (json.dumps(value) for value in demo(NAME))
    path = tmp_path / "my.jsonl"
    path.write_bytes(f"{first}\r\n\n{second[:-9]}\n[3]\n{third}".encode())
    outcomes = read(path)
    assert [outcome.id for outcome in outcomes] == ["market-1", None, None, "market-3"]
    broken, no_object = map(reject, outcomes[1:3])
    assert (broken.reason, broken.index, no_object.reason) == ("bad_json", 1, "wrong_type")
    assert broken.detail.startswith("my.jsonl:3: not JSON: ")
    assert no_object.detail == "my.jsonl:4: the item is a list, not an object"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"{'id': 1}\n", r"my\.jsonl:1: not JSON: .*; give a file with a JSON object on each line"),
        (b'{"prompt": "a"}\n', "of no known format"),
        (b'{"id": "\xff"}', "is not UTF-8"),
    ],
)
def test_unusable_file_is_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "my.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=why):
        read(path)


def test_separators_that_json_allows_part_no_lines(tmp_path: Path) -> None:
    content = demo(NAME)[2:]
    content[0]["story"] += "\u2028And that is all.\u0085"
    path = tmp_path / NAME
    path.write_text(json.dumps(content[0], ensure_ascii=False), "utf-8")
    assert conversation(read(path)[0]).story == content[0]["story"]
