"""What cannot be used of a file is rejected, item by item, or the file in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from askqa_builder.corpus.abg_coqa import read_abg_coqa
from askqa_builder.corpus.conversation import Conversation
from askqa_builder.corpus.rejects import Reject
from askqa_builder.corpus.sources import find_sources
from askqa_builder.errors import UsageError

from corpus.reader import BOTH_STAGES, Item, Reader, read, set_at


@pytest.mark.parametrize("item", [None, 3, "text", [], [{"id": "x"}]])
def test_item_that_is_no_object(reader: Reader, clear: Item, item: Any) -> None:
    reject = reader.reject(item, clear)
    assert (reject.id, reject.reason) == (None, "wrong_type")


@pytest.mark.parametrize(
    ("identifier", "reason"),
    [
        (None, "missing_field"),
        (7, "wrong_type"),
        (True, "wrong_type"),
        ("", "empty_text"),
        (" \n", "empty_text"),
        ("a" * 1001, "id_too_long"),
        ("a\ud800", "lone_surrogate"),
    ],
)
def test_unusable_id(reader: Reader, clear: Item, identifier: Any, reason: str) -> None:
    reject = reader.reject(clear | {"id": identifier})
    assert (reject.id, reject.reason) == (None, reason)


@pytest.mark.parametrize("identifier", ["../../etc/passwd", "/tmp/x", "a\0b", "a\nb", "🦆", "a" * 1000])
def test_ids_are_data(reader: Reader, clear: Item, identifier: str) -> None:
    assert reader.conversation(clear | {"id": identifier}).id == identifier


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("story", None, "missing_field"),
        ("story", "\u200e?!", "unpronounceable"),
        ("story", "a" * 20_001, "story_too_long"),
        ("story", ["a"], "wrong_type"),
        ("source", "", "empty_text"),
        ("source", "\udfff", "lone_surrogate"),
        ("ambiguity", "maybe", "unknown_ambiguity"),
        ("ambiguity", True, "wrong_type"),
        ("history_turns", None, "missing_field"),
        ("history_turns", {}, "wrong_type"),
        ("history_turns.0", [], "wrong_type"),
        ("history_turns.1.question", "...", "unpronounceable"),
        ("history_turns.1.answer", " ", "empty_text"),
        ("history_turns.0.answer", "a\ud800", "lone_surrogate"),
        ("target_turn", [], "wrong_type"),
        ("target_turn", {}, "missing_field"),
        ("target_turn.question", "\0", "unpronounceable"),
        ("target_turn.question", "why " * 6000, "question_too_long"),
        ("target_turn.answer", "", "empty_text"),
        ("target_turn.answer", 3, "wrong_type"),
        ("target_turn.rationale", "a\ud800", "lone_surrogate"),
        ("target_turn.span_start", "3", "wrong_type"),
        ("target_turn.span_end", float("nan"), "wrong_type"),
        ("target_turn.turn_id", None, "missing_field"),
        ("target_turn.turn_id", True, "wrong_type"),
        ("target_turn.turn_id", 4.0, "wrong_type"),
        ("target_turn.turn_id", float("inf"), "wrong_type"),
        ("target_turn.turn_id", -1, "bad_number"),
        ("target_turn.turn_id", 2**63, "bad_number"),
        ("target_turn.turn_id", 10**4000, "bad_number"),
    ],
)
def test_unusable_item(reader: Reader, clear: Item, path: str, value: Any, reason: str) -> None:
    set_at(clear, path, value)
    reject = reader.reject(clear)
    assert (reject.id, reject.reason) == ("demo-cafe|4|2", reason)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("clarification_turn", {}, "missing_field"),
        ("clarification_turn", None, "missing_field"),
        ("clarification_turn", "Which one?", "wrong_type"),
        ("clarification_turn.question", "", "empty_text"),
        ("clarification_turn.question", "???", "unpronounceable"),
        ("clarification_turn.answers", [], "no_branch"),
        ("clarification_turn.answers", [{}, None], "no_branch"),
        ("clarification_turn.answers", {}, "wrong_type"),
        ("clarification_turn_2", 3, "wrong_type"),
        ("clarification_turn_2.question", 3, "wrong_type"),
        ("clarification_turn_2.answers", "yes", "wrong_type"),
        ("clarification_turn_2.answers.0.org_ans", "\ud800", "lone_surrogate"),
    ],
)
def test_unusable_ambiguous_item(reader: Reader, ambiguous: Item, path: str, value: Any, reason: str) -> None:
    set_at(ambiguous, path, value)
    assert reader.reject(ambiguous).reason == reason


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("clr_ans", None, "missing_field"),
        ("clr_ans", "_", "unpronounceable"),
        ("org_ans", " ", "empty_text"),
        ("org_ans", 40, "wrong_type"),
        ("org_ans_2", 40, "wrong_type"),
        ("org_ans_3", "\ud800", "lone_surrogate"),
    ],
)
def test_bad_branch_is_rejected_alone(reader: Reader, ambiguous: Item, key: str, value: Any, reason: str) -> None:
    ambiguous["clarification_turn"]["answers"][1][key] = value
    reject, conversation = reader(ambiguous)
    assert isinstance(reject, Reject)
    assert isinstance(conversation, Conversation)
    assert (reject.id, reject.index, reject.reason) == ("demo-bicycles|5|2#clarified-1", 0, reason)
    assert [point.branch for point in conversation.points(BOTH_STAGES)] == [None, 0, 2]


def test_second_use_of_an_id_is_rejected_across_files(demo_file: Path) -> None:
    seen: set[str] = set()
    assert all(isinstance(c, Conversation) for c in read(demo_file, seen))
    again = read(demo_file, seen)
    assert [r.reason for r in again if isinstance(r, Reject)] == ["duplicate_id"] * 13


def test_a_rejected_item_does_not_use_up_its_id(reader: Reader, clear: Item) -> None:
    assert isinstance(reader(clear | {"story": ""}, clear)[1], Conversation)


def test_reading_stops_where_the_caller_stops(demo_file: Path) -> None:
    seen: set[str] = set()
    [file] = find_sources(demo_file, None)
    next(read_abg_coqa(file, seen))
    assert len(seen) == 1


def test_reject_is_a_line_of_json(reader: Reader, clear: Item) -> None:
    reject = reader.reject(clear | {"ambiguity": "\x1b[31m\n" + "x" * 500})
    line = reject.to_dict()
    assert json.loads(json.dumps(line)) == line
    assert list(line) == ["id", "file", "index", "stage", "reason", "detail"]


# Files that cannot be used


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"{'id': 1}", "is not JSON"),
        (b'{"data": [{"id": "a\nb"}]}', "is not JSON"),
        (b'{"data": [{"id": "ab', "truncated"),
        (b'{"data": [{"id": "ab"},', "truncated"),
        ("{}".encode("utf-16"), "UTF-16"),
        ("{}".encode("utf-16-le"), "UTF-16"),
        ('{"data": "é"}'.encode("latin-1"), "is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"data": ' + b"1" * 5000 + b"}", "too many digits"),
        (b"[]", "of no known format"),
        (b"null", "of no known format"),
        (b'{"data": {}}', "of no known format"),
        (b'{"data": []}', "of no known format"),
        (b'{"data": [1, 2]}', "supported are Abg-CoQA, CoQA, "),
        (b'{"data": [{"title": "t", "paragraphs": []}]}', "holds no question"),
        (b"\x1f\x8b\x08\x00", "unpack it first"),
    ],
)
def test_unusable_file_is_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "odd\nname.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=why) as raised:
        read(path)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[]", 'no list "data"'),
        (b"{}", 'no list "data"'),
        (b'{"data": []}', "no conversation"),
        (b'{"data": [1, 2]}', "no item has its fields"),
    ],
)
def test_file_that_is_abg_coqa_by_name_alone(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "coqa_abg_test.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=why):
        read(path)


def test_byte_order_mark_is_accepted(demo_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "demo_test.json"
    path.write_bytes(b"\xef\xbb\xbf" + demo_file.read_bytes())
    assert read(path) == read(demo_file)
