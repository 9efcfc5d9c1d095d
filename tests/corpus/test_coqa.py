"""What CoQA's dialogues become, alone and as the history of Abg-CoQA's items."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from askqa_builder.corpus.conversation import Action, Conversation
from askqa_builder.corpus.coqa_history import CoqaDialogues
from askqa_builder.corpus.reading import ALL_TURNS, Reading
from askqa_builder.corpus.sources import find_sources

from corpus.corpora import CORPORA, conversation, demo, read_changed, read_demo, reject, said
from corpus.reader import BOTH_STAGES, read, set_at

NAME = "coqa-demo-dev.json"


def test_the_last_turn_is_the_target_and_all_before_it_are_heard() -> None:
    found = read_demo(NAME)
    assert list(found) == ["demo-cafe|5", "demo-ferry|5", "demo-library-cat|3"]
    cafe = conversation(found["demo-cafe|5"])
    assert said(cafe)[:2] == ["When did the café open?", "1987"]
    assert said(cafe)[-3:] == ["How much does it cost?", "$2.50", "Who cooks soup?"]
    assert len(cafe.turns) == 10
    assert cafe.target_turn_id == 5
    assert (cafe.source, cafe.licence) == ("askqa-demo", "Apache-2.0")


def test_nobody_has_judged_whether_it_is_ambiguous() -> None:
    cafe = conversation(read_demo(NAME)["demo-cafe|5"])
    assert cafe.ambiguous is None
    assert (cafe.response.action, cafe.response.text) == (Action.ANSWER, "Emil")
    assert cafe.evidence is not None
    assert cafe.evidence.text == cafe.story[110:142] == "Her cousin Emil cooks onion soup"
    assert [point.suffix for point in cafe.points(BOTH_STAGES)] == ["#initial"]


def test_additional_answers_are_references_of_their_turn() -> None:
    found = read_demo(NAME, Reading(ALL_TURNS))
    assert conversation(found["demo-ferry|1"]).response.references == ("at noon", "noon", "12 o'clock")
    assert conversation(found["demo-ferry|4"]).response.references == ("nineteen", "19")


def test_who_answers_the_unanswerable_read_another_question() -> None:
    response = conversation(read_demo(NAME)["demo-ferry|5"]).response
    assert response.references == ("unknown",)  # and not "gulls"
    assert response.answerable is False


@pytest.mark.parametrize(
    ("turns", "targets"),
    [(1, [4]), (2, [1, 4]), (3, [0, 2, 4]), (5, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4]), (ALL_TURNS, [0, 1, 2, 3, 4])],
)
def test_targets_are_spread_evenly(turns: int | str, targets: list[int]) -> None:
    assert Reading(turns).targets(5) == targets
    ids = [identifier for identifier in read_demo(NAME, Reading(turns)) if str(identifier).startswith("demo-cafe")]
    assert ids == [f"demo-cafe|{target + 1}" for target in targets]


@pytest.mark.parametrize(
    ("path", "value", "identifier", "reason"),
    [
        ("questions.0.input_text", "?!", "demo-ferry|5", "unpronounceable"),
        ("questions.0.turn_id", 2, "demo-ferry|5", "uneven_turns"),
        ("questions.4.turn_id", 6, None, "uneven_turns"),
        ("answers.4.input_text", "", "demo-ferry|5", "empty_text"),
        ("answers", [], "demo-ferry", "uneven_turns"),
        ("questions", [], "demo-ferry", "no_question"),
        ("story", None, "demo-ferry|5", "missing_field"),
        ("additional_answers", {"0": 3}, "demo-ferry|5", "wrong_type"),
        ("id", "", None, "empty_text"),
        ("id", "demo-cafe", "demo-cafe|5", "duplicate_id"),
    ],
)
def test_rejects(tmp_path: Path, path: str, value: Any, identifier: str | None, reason: str) -> None:
    content = demo(NAME)
    set_at(content["data"][1], path, value)
    found = reject(read_changed(content, tmp_path / NAME)[1])
    assert (found.id, found.index, found.reason) == (identifier, 1, reason)


def test_a_damaged_turn_spoils_only_what_stands_behind_it(tmp_path: Path) -> None:
    content = demo(NAME)
    set_at(content["data"][0], "questions.2.input_text", None)
    outcomes = read_changed(content, tmp_path / NAME, Reading(ALL_TURNS))[:5]
    assert [isinstance(outcome, Conversation) for outcome in outcomes] == [True, True, False, False, False]


# History for Abg-CoQA


@pytest.fixture
def with_history() -> Reading:
    return Reading(None, CoqaDialogues.read(find_sources(CORPORA / NAME, None)))


def test_abg_coqa_with_its_whole_history(demo_file: Path, with_history: Reading) -> None:
    short = {outcome.id: outcome for outcome in read(demo_file)}
    long = {outcome.id: outcome for outcome in read(demo_file, reading=with_history)}
    assert list(long) == list(short)
    for identifier in ("demo-cafe|4|2", "demo-cafe|4|1"):
        assert said(long[identifier]) == [
            *("When did the café open?", "1987"),
            *("What does Rosa bake on Fridays?", "a plum cake"),
            *("Is it popular?", "yes"),
            "How much does it cost?",
        ]
        assert conversation(long[identifier]).response == conversation(short[identifier]).response
    assert said(long["demo-library-cat|3|2"]) == said(short["demo-library-cat|3|2"])  # it was whole
    assert len([outcome for outcome in long.values() if isinstance(outcome, Conversation)]) == 3


def test_an_item_without_its_dialogue_is_rejected_not_shortened(demo_file: Path, with_history: Reading) -> None:
    found = {outcome.id: outcome for outcome in read(demo_file, reading=with_history)}
    missing = reject(found["demo-kites|3|2"])
    assert missing.reason == "coqa_missing"
    assert missing.detail == 'CoQA\'s dialogue "demo-kites" is not in "coqa-demo-dev.json"'


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("story", "Another café opened in 1987."),
        ("questions.3.input_text", "How much is it?"),
        ("questions.2.input_text", "Is she popular?"),
    ],
)
def test_another_dialogue_of_the_same_name(demo_file: Path, tmp_path: Path, path: str, value: str) -> None:
    content = demo(NAME)
    set_at(content["data"][0], path, value)
    read_changed(content, tmp_path / NAME)
    reading = Reading(None, CoqaDialogues.read(find_sources(tmp_path / NAME, None)))
    found = {outcome.id: outcome for outcome in read(demo_file, reading=reading)}
    assert reject(found["demo-cafe|4|2"]).reason == "coqa_differs"


def test_questions_are_found_whatever_their_case_and_number(demo_file: Path, tmp_path: Path) -> None:
    content = demo(NAME)
    for number, (question, answer) in enumerate(
        zip(content["data"][0]["questions"], content["data"][0]["answers"], strict=True)
    ):
        question["turn_id"] = answer["turn_id"] = number  # from 0
        question["input_text"] = f"  {question['input_text'].upper()} "
    read_changed(content, tmp_path / NAME)
    reading = Reading(None, CoqaDialogues.read(find_sources(tmp_path / NAME, None)))
    cafe = next(outcome for outcome in read(demo_file, reading=reading) if outcome.id == "demo-cafe|4|2")
    assert len(said(cafe)) == 7


def test_of_repeated_questions_the_number_decides(demo_file: Path, tmp_path: Path) -> None:
    content = demo(NAME)
    first = content["data"][0]
    for question, text in zip(first["questions"], ["Is it popular?", "How much does it cost?"] * 2, strict=False):
        question["input_text"] = text
    read_changed(content, tmp_path / NAME)
    reading = Reading(None, CoqaDialogues.read(find_sources(tmp_path / NAME, None)))
    cafe = next(outcome for outcome in read(demo_file, reading=reading) if outcome.id == "demo-cafe|4|1")
    assert len(said(cafe)) == 7
