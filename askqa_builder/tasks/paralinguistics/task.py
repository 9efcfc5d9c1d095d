"""The task: questions of all forms about the turns that a row asks about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from askqa_builder.chat.model import ChatModel
from askqa_builder.corpus.rejects import Reject
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.options import PARALINGUISTICS
from askqa_builder.tasks.paralinguistics.contextual import AskedBefore, Neighbour, Order, Speaker, Wanted
from askqa_builder.tasks.paralinguistics.delivered import HowSaid, IsSaid, WhichSaid, WordsSaid
from askqa_builder.tasks.paralinguistics.deliveries import Deliveries
from askqa_builder.tasks.paralinguistics.direct import Compared, Foremost, HowDelivered
from askqa_builder.tasks.paralinguistics.form import CE, CG, KINDS, C, Form, Making, misquoted
from askqa_builder.tasks.paralinguistics.gendered import Gender, ManOrWoman, OnlyOne, WhichBy
from askqa_builder.tasks.paralinguistics.rules import unfit
from askqa_builder.tasks.paralinguistics.survey import RowSurvey
from askqa_builder.tasks.paralinguistics.writer import questions_about
from askqa_builder.tasks.paralinguistics.written import Written
from askqa_builder.tasks.task import Draw, Task, facts_of
from askqa_builder.tasks.wordings import Wordings


class Paralinguistics(Task):
    """How something is said, and what is said so, by a man or a woman, or in answer to what."""

    name = PARALINGUISTICS
    written = (C, CE, CG)

    def __init__(self, wordings: Wordings) -> None:
        super().__init__(wordings)
        self._deliveries = Deliveries(wordings)
        self._survey = RowSurvey()
        self._written = Written()
        forms: list[type[Form]] = [
            HowDelivered,
            Compared,
            Foremost,
            Gender,
            Neighbour,
            Speaker,
            Order,
            AskedBefore,
            Wanted,
            HowSaid,
            IsSaid,
            WhichSaid,
            WordsSaid,
            ManOrWoman,
            WhichBy,
            OnlyOne,
        ]
        self._forms = [form(self._deliveries) for form in forms]
        self._by_name = {name: form for form in self._forms for name in form.names}

    @property
    def kinds(self) -> Sequence[str]:
        """Those of the paper, and the direct ones."""
        return KINDS

    def expect(self, row: HeardRow) -> None:
        """Take note of a row's turns."""
        for turn in row.turns:
            self._survey.offer(row, turn, chain.from_iterable(form.tags(row, turn) for form in self._forms))
        self._written.expect(row)

    def surveyed(self) -> None:
        """Settle which row asks about which turn."""
        self._survey.settle()

    def write(self, rows: Iterable[HeardRow], model: ChatModel, seed: int, kinds: Sequence[str]) -> list[Reject]:
        """Let it write questions about each conversation."""
        return self._written.take(questions_about(model, self._written.chosen(rows), seed, kinds))

    def drafts(self, row: HeardRow, draw: Draw) -> Iterator[Draft]:
        """Yield the questions of a row."""
        making = Making(row, self._survey.owned(row), self._survey, draw, self.say)
        seen: set[str] = set()
        for draft in chain.from_iterable(form.drafts(making) for form in self._forms):
            if draft.prompt not in seen:
                seen.add(draft.prompt)
                yield draft
        yield from self._written.drafts(row)

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Look at the question, then let its form find the answer."""
        facts = facts_of(example)
        if facts["form"] == Written.name:
            return self._written.fault(example, row, facts)
        form = self._by_name[facts["form"]]
        if form.kind != example.kind or form.readable is not example.metadata_readable:
            return "its kind, or whether labels answer it, is not its form's"
        if form.ground not in (None, facts["ground"]):
            return f"it rests on {form.ground}, not on {facts['ground']}"
        rule = unfit(example.prompt, (value for value in facts.values() if isinstance(value, str)))
        rule = rule or misquoted(example, row, facts)
        return self.misworded(example, facts["form"]) or rule or form.fault(example, row, facts)

    def labels_of(self, example: Example) -> tuple[str, ...] | None:
        """Return the labels that its form offers, where the text should not tell them: of kinds CE and CG."""
        form = self._by_name.get(facts_of(example)["form"])
        return None if form is None else form.labels_of(facts_of(example))
