"""Which of four answers fits: one is the row's, three are the answers to other questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from askqa_builder.hearing.row_times import Row
from askqa_builder.tasks.drawing import shuffled
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, plain, tidied
from askqa_builder.tasks.reasoning.answers import OtherAnswers, question_of, surely_differs
from askqa_builder.tasks.reasoning.kind import wrong_label
from askqa_builder.tasks.reasoning.lending import Lending
from askqa_builder.tasks.reasoning.sorts import YES_NO, answer_kind
from askqa_builder.tasks.task import Draw, Task, facts_of


class Continuation:
    """One of each row that answers neither yes nor no, where three other answers are at hand.

    They are answers to other questions about the story, and of the one story that lends to this one (see `lending`):
    who knows the right answers of other stories finds none of them here.
    """

    name = "continuation"
    labels = ("A", "B", "C", "D")

    def __init__(self, others: OtherAnswers, lending: Lending) -> None:
        self._others = others
        self._lending = lending

    def survey(self, row: Row, split: str) -> None:
        """Need nothing beside the other answers."""

    def drafts(self, row: HeardRow, draw: Draw, task: Task) -> Iterator[Draft]:
        """Yield the question, its options in a drawn order."""
        one = row.row
        right, references = tidied(one["response"]["text"]), one["response"]["references"]
        if not one["response"]["answerable"] or answer_kind(question_of(one), right) == YES_NO:
            return
        stream = draw.stream(self.name)
        lent = self._lending.lent(one["conversation_id"])
        stories = [one["story_id"], *([lent.story] if lent is not None else [])]
        others = [text for story in stories for text in self._others.of_story(story, references, stream)]
        wrong = list({plain(text): text for text in others}.values())[: len(self.labels) - 1]
        if len(wrong) < len(self.labels) - 1:
            return
        options = shuffled(stream, [right, *wrong])
        label = self.labels[options.index(right)]
        statement = self._shown(options)
        prompt = task.say(self.name, stream, statement=statement)
        yield Draft(self.name, prompt, label, label=label, statement=statement, facts={"options": options})

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Find the option that fits."""
        options, references = facts_of(example)["options"], row.row["response"]["references"]
        if len(options) != len(self.labels) or example.statement != self._shown(options):
            return "the statement does not show the options"
        fitting = [
            letter for letter, one in zip(self.labels, options, strict=True) if plain(one) in map(plain, references)
        ]
        others = [one for one in options if plain(one) not in map(plain, references)]
        if len(fitting) != 1 or not all(surely_differs(one, references) for one in others):
            return f"{len(fitting)} options fit, or one may"
        return wrong_label(example, fitting[0])

    def _shown(self, options: Sequence[str]) -> str:
        return " ".join(f"{letter}: “{option}”" for letter, option in zip(self.labels, options, strict=True))
