"""Controls that change what a model hears, and nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_requests import AMBIGUOUS, CLEAR, RATE, TURNS, HeardElsewhere, asked, asked_again, noise

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.models.model import Request
from askqa_builder.evaluation.models.prompts import load_prompts
from askqa_builder.evaluation.models.registry import Choice, open_subject
from askqa_builder.evaluation.models.ways import OtherStory

PROMPTS = load_prompts()
STORY, WORDS = "A girl drew two books.", "What did she draw?"

ITEMS = [
    replace(CLEAR, row_id=f"row-{i}", story_id=f"s{i // 3}", split="test" if i < 30 else "train") for i in range(60)
]


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A model that responds with nothing of interest."""
    file = tmp_path / "own.py"
    file.write_text("def respond(request):\n    return 'so'\n", "utf-8")
    return f"python:{file}:respond"


def prepared(model: str, control: str | None, request: Request, rate: int = RATE) -> Request:
    subject, sounds = open_subject(Choice(model, control, seed=3), [*ITEMS, CLEAR, AMBIGUOUS]), HeardElsewhere(rate)
    assert subject.respond(subject.prepared(request, None, sounds)).text == "so"
    if not subject.takes_clips:
        request = replace(request, clips=())
    return subject.prepared(request, request.item.intents[0], sounds)


@pytest.mark.parametrize("control", [None, "question-only", "closed-book", "other-story", "transcript"])
@pytest.mark.parametrize("rounds", [1, 3])
def test_a_model_under_test_is_told_neither_label_nor_turns(model: str, control: str | None, rounds: int) -> None:
    request = prepared(model, control, asked_again(rounds=rounds))
    nothing = {"gold": None, "clarifying_questions": (), "intents": (), "contrast_id": None, "turns": ()}
    blind = replace(AMBIGUOUS, **nothing, conflict=False)
    assert (request.item, request.intent) == (blind, None)
    assert not any(text in request.prompt for text in ("red", "green", "upper drawer"))


def test_without_a_control_a_model_hears_what_there_is(model: str) -> None:
    request = asked(clips=[noise(1), noise(2, 5)])
    heard = prepared(model, None, request)
    assert all(np.array_equal(one, two) for one, two in zip(heard.clips, request.clips, strict=True))
    assert heard.prompt.startswith("You hear a story, and then a conversation")
    read = prepared(model, None, asked(turns=TURNS[1:], story=STORY))
    assert STORY in read.prompt
    assert WORDS not in read.prompt
    alone = prepared(model, None, asked(turns=TURNS[1:]))
    assert STORY not in alone.prompt + heard.prompt
    assert len({heard.prompt, read.prompt, alone.prompt}) == 3


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_the_question_alone_is_heard_and_what_followed_it(model: str, rounds: int) -> None:
    heard = prepared(model, "question-only", asked_again(rounds=rounds, story=STORY))
    (clip,) = heard.clips
    assert np.array_equal(clip, noise(0.05, 1000 + 2 * rounds - 1))
    assert heard.turns[0].text == "What colour was it?"
    assert len(heard.turns) == 2 * rounds - 1
    assert heard.story is None
    assert STORY not in heard.prompt


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_a_closed_book_has_the_question_in_writing_and_what_followed_it(model: str, rounds: int) -> None:
    read = prepared(model, "closed-book", asked_again(rounds=rounds, story=STORY))
    assert (len(read.clips), read.story) == (0, None)
    assert "User: What colour was it?" in read.prompt
    assert read.prompt.count("Assistant: Which one") == rounds - 1
    assert STORY not in read.prompt
    assert WORDS not in read.prompt


@pytest.mark.parametrize("story", [None, STORY])
def test_a_transcript_has_all_in_writing(model: str, story: str | None) -> None:
    turns = TURNS[1:] if story else TURNS
    read = prepared(model, "transcript", asked(AMBIGUOUS, turns=turns, story=story))
    assert len(read.clips) == 0
    said = "\n\n".join([f"Story: {STORY}", f"User: {WORDS}", "Assistant: Books.", "User: What colour was it?"])
    assert said in read.prompt


@pytest.mark.parametrize("rounds", [1, 3])
def test_another_story_is_heard_then_what_followed_the_request(model: str, rounds: int) -> None:
    heard = prepared(model, "other-story", asked_again(rounds=rounds))
    other, *after = heard.clips
    assert heard.turns[0].text.startswith("row-")
    assert np.array_equal(other, noise(0.2, sum(map(ord, heard.turns[0].text))))
    assert len(heard.turns) == 1 + 2 * (rounds - 1)
    assert len(after) == (rounds > 1)
    if after:
        assert np.array_equal(after[0], noise(0.05, 1000 + 2 * (rounds - 1)))


def test_another_story_is_the_same_in_each_round(model: str) -> None:
    heard = {prepared(model, "other-story", asked_again(rounds=n)).turns[0].text for n in (1, 2, 3)}
    assert len(heard) == 1


def test_another_storys_sound_comes_at_the_requests_rate(model: str) -> None:
    heard = prepared(model, "other-story", asked(AMBIGUOUS), rate=8000)
    assert heard.sampling_rate == RATE
    assert len(heard.clips[0]) == round(0.2 * RATE)


@given(st.integers(0, 2**31))
def test_another_story_is_never_ones_own_and_never_of_another_split(seed: int) -> None:
    way = OtherStory(PROMPTS, ITEMS, seed)
    for item in ITEMS[::7]:
        other = way.other(item)
        assert other.split == item.split
        assert other.story_id != item.story_id


def test_all_other_stories_are_drawn() -> None:
    drawn: Counter[str] = Counter(OtherStory(PROMPTS, ITEMS, seed).other(ITEMS[0]).story_id for seed in range(900))
    assert drawn.keys() == {f"s{i}" for i in range(1, 10)}
    assert min(drawn.values()) > 60


@pytest.mark.parametrize("items", [[CLEAR], [CLEAR, AMBIGUOUS], [CLEAR, *ITEMS[30:]]])
def test_another_story_takes_another_story(items: list[Item]) -> None:
    with pytest.raises(UsageError, match="has one story; it takes several"):
        OtherStory(PROMPTS, items, 0)


def test_the_way_is_part_of_the_identity(model: str) -> None:
    def identity(control: str | None, **fields: Any) -> str:
        return str(open_subject(Choice(model, control, **fields), ITEMS).identity)

    controls = (None, "question-only", "closed-book", "other-story", "transcript")
    assert len({identity(control) for control in controls}) == len(controls)
    assert identity("other-story", seed=1) != identity("other-story", seed=2)
