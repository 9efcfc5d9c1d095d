"""From rows to items: what is asked, and what may be meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from askqa_builder.corpus.conversation import Action
from askqa_builder.dataset.source import Source
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.items import read_items

HISTORY = (("user", "question"), ("assistant", "answer"))


@pytest.fixture(scope="module")
def items(demo_dataset: Path) -> dict[str, Item]:
    return {one.conversation_id: one for one in read_items(Source(demo_dataset))}


@pytest.fixture(scope="module")
def corpus(demo_file: Path) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in json.loads(demo_file.read_text("utf-8"))["data"]}


def test_each_initial_row_is_an_item(demo_dataset: Path, items: dict[str, Item]) -> None:
    files = sorted(demo_dataset.glob("data/initial/*.parquet"))
    rows = [row for file in files for row in pq.read_table(file, columns=["id", "pcm_sha256"]).to_pylist()]
    assert [(one.row_id, one.pcm_sha256) for one in items.values()] == [(row["id"], row["pcm_sha256"]) for row in rows]
    assert {one.split for one in items.values()} == {"test"}


def test_intents_are_the_branches_of_the_first_annotator(
    items: dict[str, Item], corpus: dict[str, dict[str, Any]]
) -> None:
    """Each with its own references and no other's, in equal parts."""
    ambiguous = [one for one in corpus.values() if one["ambiguity"] == "ambiguous"]
    assert ambiguous
    for told in ambiguous:
        item, asked = items[told["id"]], told["clarification_turn"]
        assert item.gold is Action.CLARIFY
        assert item.clarifying_questions[0] == asked["question"]
        second = told.get("clarification_turn_2") or {}
        assert set(item.clarifying_questions) == {asked["question"], second.get("question", asked["question"])}
        assert sum(one.weight for one in item.intents) == pytest.approx(1, abs=1e-15)
        assert len({one.weight for one in item.intents}) == 1
        for place, (intent, branch) in enumerate(zip(item.intents, asked["answers"], strict=True)):
            assert (intent.branch, intent.reply) == (place, branch["clr_ans"])
            assert intent.clarifying_question == asked["question"]
            answers = {branch[key] for key in ("org_ans", "org_ans_2", "org_ans_3") if branch.get(key)}
            assert (intent.references[0], set(intent.references)) == (branch["org_ans"], answers)


def test_a_clear_request_has_one_intent(items: dict[str, Item], corpus: dict[str, dict[str, Any]]) -> None:
    for told in corpus.values():
        if told["ambiguity"] == "non_ambiguous":
            item = items[told["id"]]
            (intent,) = item.intents
            assert (item.gold, item.clarifying_questions) == (Action.ANSWER, ())
            assert (intent.branch, intent.weight, intent.reply) == (None, 1.0, None)
            assert intent.references == (told["target_turn"]["answer"],)


def test_an_item_has_all_turns_of_its_row(items: dict[str, Item], corpus: dict[str, dict[str, Any]]) -> None:
    for told in corpus.values():
        item = items[told["id"]]
        before = [(role, turn[part]) for turn in told["history_turns"] for role, part in HISTORY]
        asked = ("user", told["target_turn"]["question"])
        assert [(turn.role, turn.text) for turn in item.turns] == [("narrator", told["story"]), *before, asked]


def test_requests_that_history_makes_clear_are_pairs(items: dict[str, Item]) -> None:
    short, long = items["demo-cafe|4|1"], items["demo-cafe|4|2"]
    assert (short.history, long.history) == (2, 4)
    assert short.contrast_id == long.contrast_id is not None
    assert not short.conflict
    assert (short.story_id, short.question) == (long.story_id, long.question)


def test_items_say_who_speaks_and_are_lines(items: dict[str, Item]) -> None:
    for item in items.values():
        assert {one.voice for one in item.speakers.values()} == {"kal16"}
        assert Item.from_json(json.loads(json.dumps(item.to_json()))) == item


def test_a_split_that_is_not_there_is_refused(demo_dataset: Path) -> None:
    assert len(read_items(Source(demo_dataset), "test")) == len(read_items(Source(demo_dataset)))
    with pytest.raises(UsageError, match="no 'train'; name one of test"):
        read_items(Source(demo_dataset), "train")
