"""What QuAC's dialogues become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from askqa_builder.corpus.reading import ALL_TURNS, Reading

from corpus.corpora import conversation, demo, read_changed, read_demo, reject, said
from corpus.reader import set_at

NAME = "quac_demo_val.json"


def test_the_marker_of_unanswerable_questions_is_nowhere_spoken() -> None:
    for outcome in read_demo(NAME, Reading(ALL_TURNS)).values():
        found = conversation(outcome)
        texts = [*(turn.text for turn in found.turns), *found.response.references]
        assert not any("CANNOTANSWER" in text for text in texts)
        assert found.story.endswith((".", "cello."))


def test_the_last_question_with_its_history() -> None:
    found = conversation(read_demo(NAME)["C_demo1_0_q#2"])
    assert said(found) == [
        *("What happened in 2011?", "In 2011 Ida Berg opened a bakery in Lund."),
        *("Did she marry?", "unknown"),
        "Did she win anything?",
    ]
    assert (found.source, found.licence) == ("quac", "CC-BY-SA-4.0")
    assert (found.ambiguous, found.target_turn_id) == (None, 3)


def test_the_original_answer_comes_first_and_those_who_found_none_are_left_out() -> None:
    found = conversation(read_demo(NAME)["C_demo1_0_q#2"])
    assert found.response.references == ("in 2014 her buns won a prize", "her buns won a prize")
    assert found.evidence is not None
    assert found.story[found.evidence.char_start : found.evidence.char_end] == "in 2014 her buns won a prize"


def test_unanswerable_target() -> None:
    found = conversation(read_demo(NAME)["C_demo2_0_q#1"])
    assert (found.response.text, found.response.answerable) == ("unknown", False)
    assert found.evidence is None


@pytest.mark.parametrize(
    ("path", "value", "identifier", "reason"),
    [
        ("paragraphs", None, None, "missing_field"),
        ("paragraphs.0", 3, None, "wrong_type"),
        ("paragraphs.0.qas", [], None, "no_question"),
        ("paragraphs.0.context", "CANNOTANSWER", "C_demo1_0_q#2", "empty_text"),
        ("paragraphs.0.qas.2.orig_answer", None, "C_demo1_0_q#2", "missing_field"),
        ("paragraphs.0.qas.1.orig_answer.text", "...", "C_demo1_0_q#2", "unpronounceable"),
        ("paragraphs.0.qas.2.answers", [{"text": 1}], "C_demo1_0_q#2", "wrong_type"),
        ("paragraphs.0.qas.2.id", None, None, "missing_field"),
    ],
)
def test_rejects(tmp_path: Path, path: str, value: Any, identifier: str | None, reason: str) -> None:
    content = demo(NAME)
    set_at(content["data"][0], path, value)
    found = reject(read_changed(content, tmp_path / NAME)[0])
    assert (found.id, found.index, found.reason) == (identifier, 0, reason)
