"""Items and requests, made up, with sounds that nobody mistakes for others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.item import Intent, Item, Said
from askqa_builder.evaluation.models.model import Request
from askqa_builder.evaluation.models.ways import Listening

RATE = 16000

TURNS = (
    Said("narrator", "A girl drew two books."),
    Said("user", "What did she draw?"),
    Said("assistant", "Books."),
    Said("user", "What colour was it?"),
)

CLEAR = Item(
    row_id="row-clear",
    split="test",
    conversation_id="c1",
    story_id="s1",
    source="mctest",
    rendition=0,
    history=1,
    question="What colour was it?",
    gold=Action.ANSWER,
    clarifying_questions=(),
    intents=(Intent(None, 1.0, None, None, ("green", "green", "it was green")),),
    contrast_id="k1",
    conflict=True,
    speakers={},
    pcm_sha256="00",
    turns=TURNS,
)

AMBIGUOUS = replace(
    CLEAR,
    row_id="row-ambiguous",
    gold=Action.CLARIFY,
    clarifying_questions=("Do you mean the upper drawer?", "Which drawer?", "The drawer or the shelf?"),
    intents=(
        Intent(0, 0.5, "Do you mean the upper drawer?", "Yes", ("red", "red", "dark red")),
        Intent(1, 0.5, "Do you mean the upper drawer?", "No, the lower drawer.", ("green", "green")),
    ),
)


def noise(seconds: float, seed: int = 0, rate: int = RATE, channels: int = 1) -> NDArray[np.int16]:
    """Samples that no two seeds share."""
    drawn = np.random.default_rng(seed).integers(-32768, 32768, (round(seconds * rate), channels), dtype=np.int16)
    return drawn[:, 0] if channels == 1 else drawn


def asked(item: Item = CLEAR, **fields: Any) -> Request:
    """The first request of an item."""
    given = {"round": 1, "clips": [noise(0.1)], "sampling_rate": RATE, "prompt": "What is next?", "turns": TURNS}
    return Request(item=item, **{**given, **fields})


def asked_again(item: Item = AMBIGUOUS, rounds: int = 2, **fields: Any) -> Request:
    """A later request, after clarifying questions and replies."""
    followed = [
        said
        for number in range(1, rounds)
        for said in (Said("assistant", f"Which one, {number}?"), Said("user", f"That one, {number}."))
    ]
    return asked(item, round=rounds, turns=(*TURNS, *followed), **fields)


class HeardElsewhere:
    """What a run lets hear: sounds that tell what they are by their seed."""

    def __init__(self, rate: int = RATE) -> None:
        self.rate = rate

    def of(self, item: Item) -> Listening:
        return Listening([noise(0.2, _seed(item.row_id), self.rate)], self.rate, (Said("user", item.row_id),))

    def last_turns(self, turns: int) -> Listening:
        return Listening([noise(0.05, 1000 + turns)], RATE, ())


def _seed(row_id: str) -> int:
    return sum(map(ord, row_id))
