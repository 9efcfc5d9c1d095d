"""Files of every format, damaged at random."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from askqa_builder.corpus.accounting import Outcome
from askqa_builder.corpus.conversation import Act, Action, Conversation, Role
from askqa_builder.corpus.reading import ALL_TURNS, Reading
from askqa_builder.corpus.sources import find_sources
from askqa_builder.errors import UsageError

from corpus.any_mutations import DAMAGES, mutated_files
from corpus.reader import BOTH_STAGES, read

CORPORA = Path(__file__).parents[1] / "data" / "corpora"


def check_conversation(conversation: Conversation) -> None:
    """What every later step relies on."""
    story, *others = conversation.turns
    assert (story.role, story.act) == (Role.NARRATOR, Act.STORY)
    assert [turn.role for turn in others] == [(Role.USER, Role.ASSISTANT)[i % 2] for i in range(len(others))]
    assert others[-1].role is Role.USER
    for point in conversation.points(BOTH_STAGES):
        assert all(turn.text.strip() and len(turn.text) <= 20_000 and turn.text.encode() for turn in point.turns)
        assert point.response.references[0] == point.response.text
        assert len(set(point.response.references)) == len(point.response.references)
    assert (conversation.response.action is Action.CLARIFY) is bool(conversation.ambiguous)
    assert bool(conversation.clarifications) is bool(conversation.ambiguous)
    if conversation.evidence is not None:
        evidence = conversation.evidence
        assert conversation.story[evidence.char_start : evidence.char_end] == evidence.text


def check_outcomes(outcomes: list[Outcome]) -> Counter[str]:
    """Count the kinds; every item up to the last has an outcome, and no id has two conversations."""
    kinds: Counter[str] = Counter()
    ids = [outcome.id for outcome in outcomes if isinstance(outcome, Conversation)]
    assert len(set(ids)) == len(ids)
    for outcome in outcomes:
        if isinstance(outcome, Conversation):
            check_conversation(outcome)
            kinds["conversation"] += 1
            continue
        assert outcome.detail.isprintable()
        assert len(outcome.detail) < 400
        json.dumps(outcome.to_dict()).encode("ascii")
        kinds[outcome.reason] += 1
    indices = {outcome.index for outcome in outcomes}
    assert indices == set(range(len(indices)))
    return kinds


def items_in(content: bytes, name: str) -> int | None:
    """How many items a file has in which each has an outcome of its own; None for SQuAD's nested lists."""
    if name.endswith(".jsonl"):
        return sum(bool(line.strip()) for line in content.decode("utf-8-sig").split("\n"))
    document: Any = json.loads(content.decode("utf-8-sig"))
    if isinstance(document, list):
        return len(document)
    return len(document["data"]) if name.startswith("coqa") else None


@pytest.mark.parametrize("name", sorted(path.name for path in CORPORA.iterdir()))
def test_damaged_files_end_in_conversations_rejects_or_one_line(name: str, tmp_path: Path) -> None:
    kinds: Counter[str] = Counter()
    for label, content in mutated_files(CORPORA / name, 5 * len(DAMAGES), seed=3):
        path = tmp_path / name
        path.write_bytes(content)
        try:
            [file] = find_sources(path, None)
            outcomes = read(path, reading=Reading(ALL_TURNS))
        except UsageError as error:
            refused = str(error)
        else:
            refused = ""
        if refused:
            assert refused.isprintable(), label
            assert len(refused) < 500, label
            kinds["refused"] += 1
            continue
        found = check_outcomes(outcomes)
        items = items_in(content, name)
        # a file that is damaged so much that another reader takes it is counted as that one counts
        if items is not None and file.format in ("coqa", "pacific", "tydiqa", "conversations"):
            assert {outcome.index for outcome in outcomes} == set(range(items)), label
        kinds += found
    assert kinds["refused"] >= 5
    assert kinds["conversation"] >= 20
    assert len(kinds) >= 5, kinds  # the damage is varied
