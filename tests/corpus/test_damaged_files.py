"""Files damaged at random."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from askqa_builder.corpus.conversation import Conversation
from askqa_builder.corpus.rejects import Reject
from askqa_builder.errors import UsageError

from corpus.mutations import DAMAGES, mutated_inputs
from corpus.reader import read

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
