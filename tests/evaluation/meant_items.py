"""Items as tests of simulated users, classifiers and judges need them: a request, and what may be meant by it."""

from __future__ import annotations

from collections.abc import Sequence

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.item import Intent, Item, Said


def item_of(request: str, asked: str | None, *branches: tuple[str, Sequence[str]]) -> Item:
    """An item with branches of a reply and its references; with one reading where nothing is asked."""
    if asked is None:
        intents: tuple[Intent, ...] = (Intent(None, 1.0, None, None, ("in the harbour", "harbour")),)
    else:
        intents = tuple(
            Intent(i, 1 / len(branches), asked, reply, tuple(references))
            for i, (reply, references) in enumerate(branches)
        )
    return Item(
        row_id="kettle/initial",
        split="test",
        conversation_id="kettle",
        story_id="kettle",
        source="mctest",
        rendition=0,
        history=1,
        question=request,
        gold=Action.ANSWER if asked is None else Action.CLARIFY,
        clarifying_questions=() if asked is None else (asked,),
        intents=intents,
        contrast_id=None,
        conflict=False,
        speakers={},
        pcm_sha256="",
    )


def kettles() -> Item:
    """Two kettles, of which either may be meant."""
    return item_of(
        "What colour was it?",
        "Do you mean the first kettle?",
        ("Yes", ["green", "pale green"]),
        ("No, I mean the second kettle.", ["dark red"]),
    )


def dialogue(item: Item, response: str, *later: Said) -> list[Said]:
    """A story, a question and its answer, the request, and a response to it."""
    return [
        Said("narrator", "Two kettles stood on the stove. The first was pale green, the second dark red."),
        Said("user", "What stood there?"),
        Said("assistant", "kettles"),
        Said("user", item.question),
        *later,
        Said("assistant", response),
    ]
