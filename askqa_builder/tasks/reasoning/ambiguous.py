"""Whether the last request is ambiguous, and what to ask back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from askqa_builder.corpus.conversation import Stage
from askqa_builder.hearing.row_times import Row
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.reasoning.kind import wrong_label
from askqa_builder.tasks.task import Draw, Task

_YES, _NO = "yes", "no"


class Ambiguous:
    """As many clear requests as ambiguous ones are drawn, where the corpus says which is which."""

    name = "ambiguous"
    labels = (_YES, _NO)

    def __init__(self) -> None:
        self._counts: dict[str, Counter[bool]] = {}

    def survey(self, row: Row, split: str) -> None:
        """Need nothing: not every row that is surveyed gives a question."""

    def expect(self, row: HeardRow) -> None:
        """Count a row that gives a question."""
        if _is_labelled(row.row):
            self._counts.setdefault(row.split, Counter())[row.row["ambiguous"]] += 1

    def drafts(self, row: HeardRow, draw: Draw, task: Task) -> Iterator[Draft]:
        """Yield the question."""
        if not _is_labelled(row.row):
            return
        counts = self._counts[row.split]
        ambiguous = row.row["ambiguous"]
        stream = draw.stream(self.name)
        if stream.uniform() * counts[ambiguous] < min(counts.values()) and len(counts) == len(self.labels):
            yield Draft(self.name, task.say(self.name, stream), _answer(row.row), label=_YES if ambiguous else _NO)

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Look at the row's label and its clarifying question."""
        if not _is_labelled(row.row):
            return "nobody says whether it is"
        return wrong_label(example, _YES if row.row["ambiguous"] else _NO, _answer(row.row))


def _answer(row: Row) -> str:
    return f"{_YES}. {row['response']['text']}" if row["ambiguous"] else _NO


def _is_labelled(row: Row) -> bool:
    return row["stage"] == Stage.INITIAL.value and row["ambiguous"] is not None
