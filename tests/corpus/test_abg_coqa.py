from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from askqa_builder.corpus.abg_coqa import read_abg_coqa, story_id
from askqa_builder.corpus.conversation import Act, Action, Conversation, Evidence, Role, Stage
from askqa_builder.corpus.rejects import Reject
from askqa_builder.corpus.sources import find_sources
from askqa_builder.errors import UsageError

from corpus.mutations import DAMAGES, mutated_inputs

BOTH_STAGES = (Stage.INITIAL, Stage.CLARIFIED)
Item = dict[str, Any]


def read(path: Path, seen: set[str] | None = None) -> list[Conversation | Reject]:
    [file] = find_sources(path, None)
    return list(read_abg_coqa(file, set() if seen is None else seen))


class Reader:
    """Writes items to a file and reads them back."""

    def __init__(self, folder: Path):
        self.path = folder / "demo_test.json"

    def __call__(self, *items: Any) -> list[Conversation | Reject]:
        self.path.write_text(json.dumps({"version": "1.0", "data": items}), encoding="utf-8")
        return read(self.path)

    def conversation(self, item: Item) -> Conversation:
        [outcome] = self(item)
        assert isinstance(outcome, Conversation), outcome
        return outcome

    def reject(self, item: Any, *others: Any) -> Reject:
        outcome = self(item, *others)[0]
        assert isinstance(outcome, Reject)
        assert outcome.detail.isprintable()
        assert len(outcome.detail) < 300
        assert (outcome.file, outcome.index, outcome.stage) == ("demo_test.json", 0, "read")
        return outcome


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.fixture
def clear(demo_items: list[Item]) -> Item:
    return next(item for item in demo_items if item["id"] == "demo-cafe|4|2")


@pytest.fixture
def ambiguous(demo_items: list[Item]) -> Item:
    return next(item for item in demo_items if item["id"] == "demo-bicycles|5|2")


def set_at(item: Item, path: str, value: Any) -> None:
    """Set `target_turn.question` or `history_turns.0.answer`."""
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    box: Any = item
    for key in parents:
        box = box[key]
    box[last] = value


# What a good file becomes


def test_demo_conversations(demo_file: Path) -> None:
    conversations = [c for c in read(demo_file) if isinstance(c, Conversation)]
    assert len(conversations) == 13
    assert sum(bool(c.ambiguous) for c in conversations) == 6
    assert sum(len(list(c.points(BOTH_STAGES))) for c in conversations) == 26
    assert len({c.story_id for c in conversations}) == 12
    assert {c.licence for c in conversations} == {"Apache-2.0"}


def test_turns_are_heard_in_the_order_of_the_dialogue(reader: Reader, clear: Item) -> None:
    conversation = reader.conversation(clear)
    assert [(turn.role, turn.act) for turn in conversation.turns] == [
        (Role.NARRATOR, Act.STORY),
        (Role.USER, Act.QUESTION),
        (Role.ASSISTANT, Act.ANSWER),
        (Role.USER, Act.QUESTION),
        (Role.ASSISTANT, Act.ANSWER),
        (Role.USER, Act.QUESTION),
    ]
    assert conversation.story == clear["story"]
    assert [turn.text for turn in conversation.turns[3:]] == [
        "Is it popular?",
        "yes",
        "How much does it cost?",
    ]
    assert conversation.target_turn_id == 4


def test_clear_item_is_answered(reader: Reader, clear: Item) -> None:
    conversation = reader.conversation(clear)
    assert conversation.ambiguous is False
    assert conversation.response.action is Action.ANSWER
    assert conversation.response.references == ("$2.50",)
    assert conversation.response.answerable is True
    assert conversation.clarifications == ()
    evidence = conversation.evidence
    assert evidence is not None
    assert clear["story"][evidence.char_start : evidence.char_end] == evidence.text == "a slice of it costs $2.50"


def test_ambiguous_item_is_asked_about(reader: Reader, ambiguous: Item) -> None:
    conversation = reader.conversation(ambiguous)
    assert conversation.ambiguous is True
    assert conversation.evidence is None
    assert conversation.response.action is Action.CLARIFY
    assert conversation.response.text == ambiguous["clarification_turn"]["question"]
    assert conversation.response.references[1:] == (ambiguous["clarification_turn_2"]["question"],)
    assert conversation.response.answerable is None
    assert [branch.answers for branch in conversation.clarifications[0].branches] == [
        ("$40", "forty dollars", "40 dollars"),
        ("$65", "sixty-five dollars", "65 dollars"),
        ("$105", "105 dollars", "a hundred and five dollars"),
    ]
    assert len(conversation.clarifications[1].branches) == 2


def test_label_depends_on_the_history_not_on_the_question(demo_file: Path) -> None:
    cafe = [c for c in read(demo_file) if isinstance(c, Conversation) and c.id.startswith("demo-cafe")]
    assert [c.ambiguous for c in cafe] == [False, True]
    assert cafe[0].turns[-1] == cafe[1].turns[-1]
    assert cafe[0].story_id == cafe[1].story_id


def test_unknown_is_an_answer_without_evidence(reader: Reader, demo_items: list[Item]) -> None:
    conversation = reader.conversation(next(i for i in demo_items if i["id"].startswith("demo-pumpkins")))
    assert conversation.response.text == "unknown"
    assert conversation.response.answerable is False
    assert conversation.evidence is None


def test_unknown_is_no_quotation_even_if_the_story_has_the_word(reader: Reader, clear: Item) -> None:
    clear["story"] += " Its first owner is unknown."
    clear["target_turn"] |= {"rationale": "unknown", "span_start": -1, "span_end": -1}
    assert reader.conversation(clear).evidence is None


@pytest.mark.parametrize("spans", [(-1, -1), (0, 10), (None, None), (10**9, 10**9 + 25), (-30, -5)])
def test_wrong_span_is_mended_where_the_rationale_stands_once(
    reader: Reader, clear: Item, spans: tuple[int, int]
) -> None:
    right = reader.conversation(clear).evidence
    clear["target_turn"] |= {"span_start": spans[0], "span_end": spans[1]}
    assert reader.conversation(clear).evidence == right
    clear["story"] += " Yes, a slice of it costs $2.50!"
    assert reader.conversation(clear).evidence is None


def test_spans_count_from_the_untouched_story(reader: Reader, clear: Item) -> None:
    clear["story"] = "  \n\t" + clear["story"] + "  "
    clear["target_turn"]["span_start"] += 4
    clear["target_turn"]["span_end"] += 4
    evidence = reader.conversation(clear).evidence
    start = clear["target_turn"]["span_start"]
    assert evidence == Evidence("a slice of it costs $2.50", start, start + 25)


def test_story_id_groups_what_differs_in_form_only() -> None:
    assert story_id("Ｔhe  Cat\nsat.") == story_id("the cat sat. ")
    assert story_id("The cat sat.") != story_id("The cat sat!")


def test_history_may_have_any_length(reader: Reader, clear: Item) -> None:
    clear["history_turns"] *= 3
    assert len(reader.conversation(clear).turns) == 1 + 2 * 6 + 1
    clear["history_turns"] = []
    assert len(reader.conversation(clear).turns) == 2


def test_unknown_keys_and_unread_fields_do_not_matter(reader: Reader, clear: Item, ambiguous: Item) -> None:
    clear |= {"note": "\ud800", "clarification_turn": 5}
    clear["history_turns"][0]["rationale"] = None
    ambiguous["target_turn"] = {"turn_id": 5, "question": "How much?"}
    assert reader.conversation(clear).clarifications == ()
    assert reader.conversation(ambiguous).response.action is Action.CLARIFY


def test_blank_alternatives_are_absent(reader: Reader, ambiguous: Item) -> None:
    ambiguous["clarification_turn"]["answers"][0] |= {"org_ans_2": " ", "org_ans_3": None}
    ambiguous["clarification_turn_2"]["answers"][0]["org_ans"] = ""
    conversation = reader.conversation(ambiguous)
    assert conversation.clarifications[0].branches[0].answers == ("$40",)
    assert [branch.index for branch in conversation.clarifications[1].branches] == [1]
    ambiguous["clarification_turn_2"]["question"] = ""
    conversation = reader.conversation(ambiguous)
    assert len(conversation.clarifications) == len(conversation.response.references) == 1


# What is rejected


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
        (b"[]", 'no list "data"'),
        (b"null", 'no list "data"'),
        (b"{}", 'no list "data"'),
        (b'{"data": {}}', 'no list "data"'),
        (b'{"data": []}', "no conversation"),
        (b'{"data": [1, 2]}', "is not Abg-CoQA"),
        (b'{"data": [{"title": "t", "paragraphs": []}]}', "looks like SQuAD"),
        (b'{"data": [{"id": "x", "questions": [], "answers": []}]}', "looks like CoQA"),
    ],
)
def test_unusable_file_is_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "odd\nname.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=why) as raised:
        read(path)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 300


def test_byte_order_mark_is_accepted(demo_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "demo_test.json"
    path.write_bytes(b"\xef\xbb\xbf" + demo_file.read_bytes())
    assert read(path) == read(demo_file)


# Everything at once

BRANCH_ID = re.compile(r"#clarified-\d+$")


def read_or_refuse(path: Path) -> list[Conversation | Reject] | str:
    try:
        return read(path)
    except UsageError as error:
        return str(error)


def count_kinds(outcomes: list[Conversation | Reject], items: int) -> Counter[str]:
    """Count the kinds of outcome; every item must be accounted for, once."""
    kinds: Counter[str] = Counter()
    rejected = []
    for outcome in outcomes:
        if isinstance(outcome, Conversation):
            assert all(text_is_storable(turn.text) for turn in outcome.turns)
            kinds["conversation"] += 1
            continue
        assert outcome.detail.isprintable()
        json.dumps(outcome.to_dict(), ensure_ascii=False).encode("utf-8")
        if outcome.id and BRANCH_ID.search(outcome.id):
            kinds["branch"] += 1
        else:
            kinds[outcome.reason] += 1
            rejected.append(outcome.index)
    assert len(set(rejected)) == len(rejected)
    assert kinds["conversation"] + len(rejected) == items
    return kinds


def text_is_storable(text: str) -> bool:
    return len(text) <= 20_000 and bool(text.strip()) and bool(text.encode("utf-8"))


@pytest.fixture(scope="module")
def mutated() -> list[tuple[str, bytes]]:
    return list(mutated_inputs(15 * len(DAMAGES), seed=7))


def test_damaged_files_end_in_rows_rejects_or_one_line(mutated: list[tuple[str, bytes]], tmp_path: Path) -> None:
    assert len(mutated) >= 280
    ends: Counter[str] = Counter()
    for label, content in mutated:
        path = tmp_path / "mutated_test.json"
        path.write_bytes(content)
        outcomes = read_or_refuse(path)
        if isinstance(outcomes, str):
            assert outcomes.isprintable(), label
            assert len(outcomes) < 400, label
            ends["usage"] += 1
        else:
            items = json.loads(content.decode("utf-8-sig"))["data"]
            assert len(items) <= 3, label
            ends.update(count_kinds(outcomes, len(items)))
    assert ends["usage"] >= 50
    assert ends["conversation"] >= 200
    assert len(ends) >= 10  # the damage is varied


def test_damage_depends_on_the_seed_alone(mutated: list[tuple[str, bytes]]) -> None:
    assert list(mutated_inputs(50, seed=7)) == mutated[:50]
    assert [content for _, content in mutated_inputs(50, seed=8)] != [content for _, content in mutated[:50]]


# The real test split


def test_real_test_split(abg_coqa_folder: Path) -> None:
    [file] = find_sources(abg_coqa_folder, "test")
    outcome = list(read_abg_coqa(file, set()))
    conversations = [c for c in outcome if isinstance(c, Conversation)]
    assert len(outcome) == len(conversations) == 1055
    assert sum(bool(c.ambiguous) for c in conversations) == 123
    assert sum(len(list(c.points(BOTH_STAGES))) for c in conversations) == 1315
    assert len({c.story_id for c in conversations}) == 497
    assert sum(c.evidence is None for c in conversations if not c.ambiguous) == 3
    assert sum(c.response.answerable is False for c in conversations) == 3
    for conversation in conversations:
        if conversation.evidence:
            start, end = conversation.evidence.char_start, conversation.evidence.char_end
            assert conversation.story[start:end] == conversation.evidence.text
