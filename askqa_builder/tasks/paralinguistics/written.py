"""Questions that a language model has written about conversations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from askqa_builder.chat.model import ChatModel
from askqa_builder.corpus.rejects import Reject
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow


class Written:
    """Gives nothing until they are there."""

    name = "written"

    def expect(self, row: HeardRow) -> None:
        """Take note of a row."""

    def ask(self, rows: Iterable[HeardRow], model: ChatModel, seed: int) -> list[Reject]:
        return []

    def drafts(self, row: HeardRow) -> Iterator[Draft]:
        yield from ()

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        return None
