"""The demo files of the formats beside Abg-CoQA's, to be changed and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from askqa_builder.corpus.accounting import Outcome
from askqa_builder.corpus.conversation import Conversation
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.rejects import Reject

from corpus.reader import read

CORPORA = Path(__file__).parents[1] / "data" / "corpora"


def demo(name: str) -> Any:
    """What a demo file holds; of JSON Lines, the values of its lines."""
    text = (CORPORA / name).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()] if name.endswith(".jsonl") else json.loads(text)


def read_demo(name: str, reading: Reading = AS_IT_IS) -> dict[str | None, Outcome]:
    """What a demo file becomes, by id."""
    return {outcome.id: outcome for outcome in read(CORPORA / name, reading=reading)}


def read_changed(content: Any, path: Path, reading: Reading = AS_IT_IS) -> list[Outcome]:
    """What changed content becomes, written to a path of the format's suffix."""
    lines = content if path.suffix == ".jsonl" else [content]
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return read(path, reading=reading)


def conversation(outcome: Outcome | None) -> Conversation:
    assert isinstance(outcome, Conversation), outcome
    return outcome


def reject(outcome: Outcome | None) -> Reject:
    assert isinstance(outcome, Reject), outcome
    return outcome


def said(outcome: Outcome | None) -> list[str]:
    """The texts of all turns behind the story."""
    return [turn.text for turn in conversation(outcome).turns[1:]]
