"""What TyDi QA's questions, and SD-QA's, become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus.corpora import conversation, demo, read_changed, read_demo, reject, said
from corpus.reader import set_at

NAME = "tydiqa_demo_dev.jsonl"


def test_the_story_is_the_passage_that_most_chose() -> None:
    malik = conversation(read_demo(NAME)["-4101"])
    assert malik.story.startswith("In Wieliczka near Kraków miners dug salt")
    assert "\n" not in malik.story
    assert said(malik) == ["who led the last shift in wieliczka ?"]
    assert (malik.source, malik.licence) == ("tydiqa", "CC-BY-SA-3.0")


def test_the_answer_that_most_gave_comes_first_at_its_characters_not_bytes() -> None:
    malik = conversation(read_demo(NAME)["-4101"])
    assert malik.response.references == ("Józef Malik", "Malik")  # and not "mineral", of another passage
    assert malik.evidence is not None
    assert malik.story[malik.evidence.char_start : malik.evidence.char_end] == "Józef Malik"


def test_yes_is_an_answer() -> None:
    assert conversation(read_demo(NAME)["4102"]).response.references == ("yes", "a museum")


def test_what_cannot_be_asked_of_a_passage_is_rejected() -> None:
    reasons = {outcome.id: outcome.reason for outcome in read_demo(NAME).values() if not hasattr(outcome, "turns")}
    assert reasons == {"4103": "no_passage", "4104": "no_answer", "4105": "unsupported_language"}


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("example_id", "4101", "wrong_type"),
        ("annotations.3", 3, "wrong_type"),
        ("annotations", [], "no_passage"),
        ("annotations.0.yes_no_answer", "MAYBE", "unknown_answer"),
        ("annotations.0.yes_no_answer", None, "missing_field"),
        ("passage_answer_candidates.2.plaintext_end_byte", 10**9, "bad_number"),
        ("passage_answer_candidates.2.plaintext_end_byte", 49, "bad_number"),  # in the middle of the ó of Kraków
        ("passage_answer_candidates", [], "bad_number"),
        ("document_plaintext", None, "missing_field"),
        ("question_text", "?", "unpronounceable"),
    ],
)
def test_rejects_of_a_line(tmp_path: Path, path: str, value: Any, reason: str) -> None:
    content = demo(NAME)
    set_at(content[0], path, value)
    found = reject(read_changed(content, tmp_path / NAME)[0])
    assert (found.index, found.reason) == (0, reason)
    assert found.detail.startswith("tydiqa_demo_dev.jsonl:1: ")


def test_an_answer_out_of_another_passage_is_none(tmp_path: Path) -> None:
    content = demo(NAME)[:1]
    for note in content[0]["annotations"][:3]:
        note["minimal_answer"] = {"plaintext_start_byte": 6, "plaintext_end_byte": 10}  # "Salt", before the passage
    assert reject(read_changed(content, tmp_path / NAME)[0]).reason == "no_answer"


def test_a_whole_article_may_be_long(tmp_path: Path) -> None:
    content = demo(NAME)[:1]
    content[0]["document_plaintext"] += " salt" * 100_000
    conversation(read_changed(content, tmp_path / NAME)[0])
