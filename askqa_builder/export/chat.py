"""What the formats of chats share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from askqa_builder.export.format import Item

_TOLD = {True: "yes", False: "no", None: ""}

_CONTROL_TOKEN = re.compile(r"<\|(?=[^|<>\s]+\|>)")


def tags(item: Item) -> dict[str, str]:
    """Return what tells an example from others: texts, none of them null, as readers guess types from the first."""
    example = item.example
    return {
        "id": example.id,
        "task": example.task,
        "kind": example.kind,
        "row_id": example.row_id,
        "conversation_id": example.conversation_id,
        "story_id": example.story_id,
        "action": example.action or "",
        "metadata_readable": _TOLD[example.metadata_readable],
    }


def text_part(text: str) -> dict[str, str]:
    """Return a text as a part of a message's content."""
    return {"type": "text", "text": text}


def asked_and_answered(item: Item) -> tuple[str, str]:
    """Return what the model is asked and what it should say.

    Where a text of the corpus has what models take for a control token, as `<|im_end|>`, a space parts it
    (`< |im_end|>`): else it would end the turn, or stand for a sound that is not there.
    """
    example = item.example
    return _CONTROL_TOKEN.sub("< |", example.full_prompt), _CONTROL_TOKEN.sub("< |", example.answer)


def tagged_messages(item: Item, placeholders: Iterable[str]) -> dict[str, Any]:
    """Return a chat in which a tag `<audio>` stands for each clip, and the clips' paths.

    placeholders: what the toolkit takes for a tag, without the brackets. Where a text has one, a space parts it, as
    `< audio>`: else the toolkit would look for a sound that is not there.
    """
    question, answer = asked_and_answered(item)
    return {
        "messages": [
            {"role": "user", "content": "<audio>" * len(item.audio) + _without(question, placeholders)},
            {"role": "assistant", "content": _without(answer, placeholders)},
        ],
        "audios": [file.path for file in item.audio],
    }


def _without(text: str, placeholders: Iterable[str]) -> str:
    return re.sub(rf"<(?=(?:{'|'.join(map(re.escape, placeholders))})>)", "< ", text)
