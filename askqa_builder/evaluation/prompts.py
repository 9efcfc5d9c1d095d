"""Prompts for the language models that take part in an evaluation: text files, filled with what was said, as data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files

from askqa_builder.chat.answer import Messages
from askqa_builder.evaluation.item import Said


def filled(package: str, name: str, **fields: str) -> Messages:
    """Return a package's prompt as one message; nothing in a field is taken for a place to be filled."""
    text = files(package).joinpath(name).read_text("utf-8")
    return [{"role": "user", "content": text.strip().format(**fields)}]


def as_data(text: str) -> str:
    """Return a text as a JSON string: on one line, and with an end that nothing in it can feign."""
    return json.dumps(text, ensure_ascii=False)


def conversation(dialogue: Iterable[Said]) -> str:
    """Return what user and assistant say, as a JSON object a line.

    The story is no part of it: who asks about it need not know it, and nothing of it can slip into what he says.
    """
    turns = ({"speaker": turn.role, "says": turn.text} for turn in dialogue if turn.role != "narrator")
    return "\n".join(json.dumps(turn, ensure_ascii=False) for turn in turns)
