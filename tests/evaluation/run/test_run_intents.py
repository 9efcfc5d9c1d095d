"""What the user means is settled before the model speaks, and no model under test is told anything of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from harness import askqa_here
from hypothesis import given, settings
from hypothesis import strategies as st
from listening_server import ListeningServer, Point, initial_rows
from thirty_conversations import THIRTY

from askqa_builder.dataset.source import Source
from askqa_builder.evaluation.actions.classifier import ActionRule
from askqa_builder.evaluation.asking import Asking
from askqa_builder.evaluation.dialogue import trajectories
from askqa_builder.evaluation.growing_file import GrowingFile
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.items import read_items
from askqa_builder.evaluation.ledger import Ledger, read_call
from askqa_builder.evaluation.models.model import Request
from askqa_builder.evaluation.models.prompts import load_prompts
from askqa_builder.evaluation.models.subject import Subject
from askqa_builder.evaluation.models.ways import Transcript
from askqa_builder.evaluation.requests import Requests
from askqa_builder.evaluation.trajectory import Trajectory
from askqa_builder.evaluation.user.rule import RuleUser
from askqa_builder.hearing.options import Hearing

WORDS = ["red", "green", "white", "black", "old", "new", "big", "small", "bag", "the", "first", "not", "mean", "Rosa"]
said = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(lambda words: f"Do you mean the {' '.join(words)}?"),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(lambda words: f"Which one, {' '.join(words)}?"),
    st.sampled_from(["Which bag do you mean?", "What do you mean?", "The old bag or the new bag?", "It is red.", ""]),
    st.text(max_size=20),
)


class Scripted:
    """A model that says one thing after the other, and remembers what it was asked."""

    def __init__(self, says: list[str]) -> None:
        self.says = says
        self.asked: list[Request] = []

    def respond(self, request: Request) -> str:
        self.asked.append(request)
        return self.says[request.round - 1] or "nothing"


@dataclass(frozen=True, repr=False)
class Asked:
    """A request, and its row."""

    item: Item
    row: dict[str, Any]


@pytest.fixture(scope="module")
def rosa(thirty: Path) -> Asked:
    """A request with four readings."""
    item = next(one for one in read_items(Source(thirty)) if one.conversation_id == "rosa|3|1")
    return Asked(item, next(row for row in initial_rows(thirty) if row["id"] == item.row_id))


@contextmanager
def asking(model: Scripted) -> Iterator[Asking]:
    prompts = load_prompts()
    with TemporaryDirectory() as folder, GrowingFile(Path(folder) / "calls.jsonl", read_call) as calls:
        yield Asking(
            subject=Subject("scripted", "transcript", model, Transcript(prompts), prompts),
            classifiers=[ActionRule()],
            user=RuleUser(),
            requests=Requests(Hearing(), sound=False, clips=False),
            sounds=lambda recording: cast(Any, None),  # nothing is heard
            ledger=Ledger(calls),
            desk=None,
            contexts=None,
        )


def talked(model: Scripted, item: Item, row: dict[str, Any]) -> list[Trajectory]:
    with asking(model) as scene:
        return list(trajectories(scene, item, row, max_rounds=4))


def replies(one: Trajectory) -> list[str | None]:
    return [said.reply for said in one.rounds]


@settings(max_examples=15, deadline=None)
@given(
    says=st.lists(said, min_size=4, max_size=4), others=st.lists(st.text("abc ", min_size=1), min_size=4, max_size=4)
)
def test_a_user_knows_nothing_of_other_readings_answers(rosa: Asked, says: list[str], others: list[str]) -> None:
    """Whatever the model says, trajectories are those of the item's readings, and answers decide no reply."""
    item, row = rosa.item, rosa.row
    held = talked(Scripted(says), item, row)
    assert [(one.id, one.branch) for one in held] == [(item.trajectory_id(one), one.branch) for one in item.intents]
    changed = tuple(replace(one, references=(other,)) for one, other in zip(item.intents, others, strict=True))
    for place, intent in enumerate(item.intents):
        intents = (*changed[:place], intent, *changed[place + 1 :])
        again = talked(Scripted(says), replace(item, intents=intents), row)
        assert replies(again[place]) == replies(held[place])
        assert again[place].rounds[0].response == held[place].rounds[0].response


@settings(max_examples=15, deadline=None)
@given(says=st.lists(said, min_size=4, max_size=4))
def test_a_model_is_asked_once_for_all_readings_and_told_no_label(rosa: Asked, says: list[str]) -> None:
    item, row = rosa.item, rosa.row
    model = Scripted(says)
    held = talked(model, item, row)
    assert [request.round for request in model.asked].count(1) == 1
    assert len(model.asked) == 1 + sum(len(one.rounds) - 1 for one in held)
    assert len({one.rounds[0].response for one in held}) == 1
    for request in model.asked:
        assert request.intent is None
        assert request.item == request.blinded.item
        assert (request.item.gold, request.item.intents, request.item.clarifying_questions) == (None, (), ())
        assert (request.item.contrast_id, request.item.conflict, request.item.turns) == (None, False, ())
    assert "Which bag do you mean" not in model.asked[0].prompt


def test_what_is_said_to_one_reading_is_not_heard_in_another(
    thirty: Path, server: ListeningServer, model_file: Path, tmp_path: Path
) -> None:
    """Of the four readings of one request, each later recording is another one; the first is sent once."""
    place = [one.name for one in THIRTY].index("rosa|3|1")
    arguments = (
        "evaluate",
        thirty,
        "--out",
        tmp_path / "run",
        "--model",
        model_file,
        "--limit",
        place + 1,
        "--workers",
        1,
    )
    assert askqa_here(*arguments).returncode == 0
    assert server.asked[Point("rosa|3|1", 0, 1)] == 1
    later = [server.heard[Point("rosa|3|1", reading, 2)] for reading in range(4)]
    assert len(set(later)) == 4
    lines = [json.loads(line) for line in (tmp_path / "run" / "calls.jsonl").read_text("ascii").splitlines()]
    first = [line for line in lines if line["asked"]["item"] == "rosa|3|1#initial" and not line["asked"]["said"]]
    assert [line["asked"]["branch"] for line in first if line["asked"]["who"] == "model"] == [None]
