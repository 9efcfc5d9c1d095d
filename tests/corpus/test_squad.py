"""What single questions about a passage become, in SQuAD's JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from askqa_builder.corpus.conversation import Conversation

from corpus.corpora import conversation, demo, read_changed, read_demo, reject, said
from corpus.reader import set_at

SQUAD = "squad_demo_dev-v2.0.json"
SPOKEN = "spoken_demo_test-v1.1.json"


def test_every_question_is_a_conversation() -> None:
    found = read_demo(SQUAD)
    assert list(found) == ["demo-river-0", "demo-river-1", "demo-river-2"]
    river = conversation(found["demo-river-0"])
    assert said(river) == ["Where does the river rise?"]
    assert river.response.references == ("in the Stone Hills", "the Stone Hills")
    assert river.evidence is not None
    assert river.evidence.text == "in the Stone Hills"
    assert (river.source, river.ambiguous, river.target_turn_id) == ("squad", None, None)


def test_impossible_questions_are_unanswerable_whatever_is_plausible() -> None:
    river = conversation(read_demo(SQUAD)["demo-river-2"])
    assert river.response.references == ("unknown",)
    assert river.response.answerable is False
    assert river.evidence is None


def test_spoken_squad_is_known_by_its_name() -> None:
    spoken = conversation(read_demo(SPOKEN)["demo-spoken-0"])
    assert (spoken.source, spoken.licence) == ("spoken-squad", "CC-BY-SA-4.0")


def test_gold_passages_of_tydi_qa_say_their_language_in_the_id(tmp_path: Path) -> None:
    content = demo(SQUAD)
    questions = content["data"][0]["paragraphs"][0]["qas"]
    for question, language in zip(questions, ("english", "finnish", "english"), strict=True):
        question["id"] = f"{language}--{question['id']}"
    good, foreign, _ = read_changed(content, tmp_path / "tydiqa-goldp-v1.1-dev.json")
    assert conversation(good).source == "tydiqa"
    assert reject(foreign).reason == "unsupported_language"


@pytest.mark.parametrize(
    ("path", "value", "identifier", "reason"),
    [
        ("qas.0", None, None, "wrong_type"),
        ("qas.0.answers", [], "demo-river-0", "no_answer"),
        ("qas.0.is_impossible", "no", "demo-river-0", "wrong_type"),
        ("qas.0.question", " ", "demo-river-0", "empty_text"),
        ("context", "", "demo-river-0", "empty_text"),
        ("qas", {}, None, "wrong_type"),
    ],
)
def test_rejects(tmp_path: Path, path: str, value: Any, identifier: str | None, reason: str) -> None:
    content = demo(SQUAD)
    set_at(content["data"][0]["paragraphs"][0], path, value)
    found = reject(read_changed(content, tmp_path / SQUAD)[0])
    assert (found.id, found.index, found.reason) == (identifier, 0, reason)


def test_places_are_counted_over_the_whole_file(tmp_path: Path) -> None:
    content = demo(SQUAD)
    content["data"] = [{"paragraphs": 3}, *content["data"], 5]
    outcomes = read_changed(content, tmp_path / SQUAD)
    assert [outcome.index for outcome in outcomes] == [0, 1, 2, 3, 4]
    assert [isinstance(outcome, Conversation) for outcome in outcomes] == [False, True, True, True, False]
