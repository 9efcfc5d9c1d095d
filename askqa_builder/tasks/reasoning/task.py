"""The task: statements, continuations and ambiguity, where the story can be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from askqa_builder.chat.model import ChatModel
from askqa_builder.corpus.conversation import Act
from askqa_builder.corpus.rejects import Reject
from askqa_builder.hearing.row_times import Row
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.reasoning.ambiguous import Ambiguous
from askqa_builder.tasks.reasoning.answers import OtherAnswers
from askqa_builder.tasks.reasoning.continuation import Continuation
from askqa_builder.tasks.reasoning.kind import Kind
from askqa_builder.tasks.reasoning.lending import Lending
from askqa_builder.tasks.reasoning.reading import Reading
from askqa_builder.tasks.reasoning.statement import Statement
from askqa_builder.tasks.reasoning.written import Written
from askqa_builder.tasks.task import Draw, Task, facts_of
from askqa_builder.tasks.wordings import Wordings
from askqa_builder.tasks.writer import statements


class Reasoning(Task):
    """Cross-modal commonsense reasoning."""

    name = "reasoning"
    version = 2
    readable_kinds = frozenset[str]()
    written = (Written.name,)

    def __init__(self, wordings: Wordings) -> None:
        super().__init__(wordings)
        self._others = OtherAnswers()
        self._lending = Lending()
        self._written = Written(self._lending)
        statement, continuation = Statement(self._others, self._lending), Continuation(self._others, self._lending)
        self._ambiguous = Ambiguous()
        kinds: list[Kind] = [statement, Reading(), self._written, continuation, self._ambiguous]
        self._kinds = {kind.name: kind for kind in kinds}

    @property
    def kinds(self) -> Sequence[str]:
        """Those that it has."""
        return tuple(self._kinds)

    def survey(self, row: Row, split: str) -> None:
        """Keep what other rows' questions need."""
        if not row["rendition"]:
            self._others.survey(row, split)
            self._lending.survey(row, split)
        for kind in self._kinds.values():
            kind.survey(row, split)

    def expect(self, row: HeardRow) -> None:
        """Let what is balanced count the rows that give a question."""
        if _story_is_known(row):
            self._ambiguous.expect(row)

    def surveyed(self) -> None:
        """Settle which story lends."""
        self._lending.settle()

    def drafts(self, row: HeardRow, draw: Draw) -> Iterator[Draft]:
        """Yield the questions of a row; none where what they need of its story is neither heard nor read."""
        if not _story_is_known(row):
            return
        for kind in self._kinds.values():
            yield from kind.drafts(row, draw, self)

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Let the kind look."""
        return self.misworded(example) or self._misstated(example) or self._kinds[example.kind].fault(example, row)

    def labels_of(self, example: Example) -> tuple[str, ...] | None:
        """Return its kind's."""
        return self._kinds[example.kind].labels

    def write(self, rows: Iterable[HeardRow], model: ChatModel, seed: int, kinds: Sequence[str]) -> list[Reject]:
        """Let it write statements about each story, once."""
        self._written.pairs, rejects = statements(model, rows, seed)
        return rejects

    def _misstated(self, example: Example) -> str | None:
        """Say that a statement is in none of the wordings of what it should say."""
        facts = facts_of(example)
        kinds = {Statement.name: "affirmed" if facts.get("affirmed") else "denied", Reading.name: "wanted"}
        wording = kinds.get(example.kind)
        if wording is None or self.wordings.says(self.name, wording, example.statement or "", **facts):
            return None
        return f"the statement is in none of the wordings of what is {wording}"


def _story_is_known(row: HeardRow) -> bool:
    """Tell whether all of the story that the request needs is there.

    Of an ambiguous request nobody says which paragraphs its readings need, so only the whole story will do.
    """
    if row.heard.story is not None:
        return True
    story = next((i for i, turn in enumerate(row.row["turns"]) if turn["act"] == Act.STORY.value), None)
    if story is None or row.heard.characters[story] is None:
        return False
    whole = row.heard.characters[story] == (0, len(row.row["turns"][story]["text"]))
    return whole or row.row["evidence"]["char_start"] is not None
