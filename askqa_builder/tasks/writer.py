"""A language model that writes pairs of statements about stories, for reasoning examples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from askqa_builder.chat.answer import Question, UnfitAnswerError
from askqa_builder.chat.model import ChatModel
from askqa_builder.chat.options import ChatOptions
from askqa_builder.chat.options_file import read_chat_options
from askqa_builder.corpus.rejects import Reject, quote
from askqa_builder.seeds import derive_seed
from askqa_builder.tasks.heard_row import HeardRow, one_line, plain
from askqa_builder.tasks.reasoning.written import StatementPair

VERSION = 2
"""Raised when the same story would be asked about in other words, or an answer would be taken otherwise."""

PAIRS = 3
"""Of each story."""

_FEWEST_WORDS, _MOST_WORDS = 4, 40
_FEWEST_EVIDENCE_WORDS = 3
_MOST_APART = 1.6
"""Words of the longer statement of a pair over those of the shorter one."""

_STATEMENT = {"type": "string", "minLength": 10, "maxLength": 300}
_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["pairs"],
    "properties": {
        "pairs": {
            "type": "array",
            "minItems": PAIRS,
            "maxItems": PAIRS,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["supported", "contradicted", "evidence"],
                "properties": {"supported": _STATEMENT, "contradicted": _STATEMENT, "evidence": _STATEMENT},
            },
        }
    },
}

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*$")

_PROMPT_FILE = "writer_prompt.txt"

Story = tuple[str, str]
"""Its id and its text."""

Outcome = tuple[str, list[StatementPair] | UnfitAnswerError]


def read_writer(file: Path) -> ChatOptions:
    """Read which model writes: the options of `ChatOptions`, as YAML. Raises UsageError."""
    return read_chat_options(file, "the writer", "docs/tasks.md")


def written(model: ChatModel, stories: Iterable[Story], seed: int) -> Iterator[Outcome]:
    """Yield what the model has written about each story, in order, or why it has nothing.

    Raises EngineError where its server stays away, UsageError where it refuses to be asked.
    """
    ids: list[str] = []
    prompt = _prompt()

    def questions() -> Iterator[Question]:
        for story_id, story in stories:
            ids.append(story_id)
            messages = [{"role": "user", "content": prompt + story.strip()}]
            check = _Check(story)
            yield Question(messages, _SCHEMA, check, seed=derive_seed("writer", seed, story_id))

    for number, outcome in enumerate(model.ask_all(questions())):
        if isinstance(outcome, UnfitAnswerError):
            yield ids[number], outcome
        else:
            yield ids[number], [_pair(**pair) for pair in outcome.value["pairs"]]


def statements(
    model: ChatModel, rows: Iterable[HeardRow], seed: int
) -> tuple[dict[str, list[StatementPair]], list[Reject]]:
    """Return what the model has written about each story of some rows, and the stories that it failed at."""
    pairs: dict[str, list[StatementPair]] = {}
    rejects = []
    for story, outcome in written(model, _stories(rows), seed):
        if isinstance(outcome, UnfitAnswerError):
            rejects.append(Reject(story, "", None, "write", outcome.reason, str(outcome)))
        else:
            pairs[story] = outcome
    return pairs, rejects


def _stories(rows: Iterable[HeardRow]) -> Iterator[Story]:
    seen: set[str] = set()
    for row in rows:
        if row.row["story_id"] not in seen:
            seen.add(row.row["story_id"])
            yield row.row["story_id"], row.row["story"]


def _pair(supported: str, contradicted: str, evidence: str) -> StatementPair:
    return StatementPair(_sentence(supported), _sentence(contradicted), evidence)


def _sentence(text: str) -> str:
    """Return a statement on one line and with a full stop, so that it does not run into the prompt around it."""
    line = one_line(text)
    return line if _SENTENCE_END.search(line) else f"{line}."


def _prompt() -> str:
    text = files(__package__).joinpath(_PROMPT_FILE).read_text("utf-8")
    return text.format(pairs=PAIRS, fewest=_FEWEST_WORDS, most=_MOST_WORDS)


class _Check:
    """Says what is wrong with pairs about a story, as far as a program can tell."""

    def __init__(self, story: str) -> None:
        self._story = f" {plain(story)} "

    def __call__(self, value: Any) -> str | None:
        return next((fault for pair in value["pairs"] if (fault := self._fault(**pair)) is not None), None)

    def _fault(self, supported: str, contradicted: str, evidence: str) -> str | None:
        lengths = [len(plain(statement).split()) for statement in (supported, contradicted)]
        if not _FEWEST_WORDS <= min(lengths) <= max(lengths) <= _MOST_WORDS:
            return f"{quote(supported)} or its pair has not {_FEWEST_WORDS} to {_MOST_WORDS} words"
        if plain(supported) == plain(contradicted) or max(lengths) > _MOST_APART * min(lengths):
            return f"{quote(supported)} and {quote(contradicted)} are the same, or differ much in length"
        if len(plain(evidence).split()) < _FEWEST_EVIDENCE_WORDS or f" {plain(evidence)} " not in self._story:
            return f"the evidence {quote(evidence)} does not stand in the story word for word"
        if f" {plain(supported)} " in self._story:
            return f"{quote(supported)} is copied from the story"
        return None
