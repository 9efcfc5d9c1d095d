"""Response generation: what the assistant should say next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, tidied
from askqa_builder.tasks.task import Draw, Task


class Response(Task):
    """A clarifying question where the request is ambiguous, else the answer; after a clarification the final answer."""

    name = "response"
    version = 2
    readable_kinds = frozenset[str]()

    @property
    def kinds(self) -> Sequence[str]:
        """The one there is."""
        return (self.name,)

    def drafts(self, row: HeardRow, draw: Draw) -> Iterator[Draft]:
        """Yield the row's response."""
        response = row.row["response"]
        prompt = self.say(self.name, draw.stream(self.name))
        yield Draft(
            self.name,
            prompt,
            tidied(response["text"]),
            references=tuple(map(tidied, response["references"])),
            action=response["action"],
        )

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Compare it with the row's."""
        response = row.row["response"]
        if fault := self.misworded(example):
            return fault
        if (example.answer, example.action) != (tidied(response["text"]), response["action"]):
            return "it is not the row's response"
        return (
            None if example.references == [*map(tidied, response["references"])] else "its references are not the row's"
        )
