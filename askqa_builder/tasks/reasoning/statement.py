"""Statements of what the answer to a question is, or is not: supported, contradicted or not told.

Counterbalanced, so that the text gives the label away to nobody who does not listen: whether an answer is the right one
or another story's, and whether the statement affirms or denies it, are drawn independently; what is not told is lent
(see `lending`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from askqa_builder.corpus.conversation import Action, Stage
from askqa_builder.hearing.row_times import Row
from askqa_builder.seeds import Stream
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, plain, tidied
from askqa_builder.tasks.reasoning.answers import OtherAnswers, question_of, surely_differs
from askqa_builder.tasks.reasoning.foreign import is_foreign, names_something
from askqa_builder.tasks.reasoning.kind import CONTRADICTED, NOT_TOLD, SUPPORTED, wrong_label
from askqa_builder.tasks.reasoning.lending import Lending
from askqa_builder.tasks.reasoning.nearness import near_words, stems
from askqa_builder.tasks.reasoning.sorts import OTHER, YES_NO, answer_form, answer_kind, is_vague
from askqa_builder.tasks.task import Draw, Task, facts_of

_STATEMENTS = 2
"""Of each question."""

_MOST_LENT = 4
"""Questions of a story that are kept to be lent."""


@dataclass(frozen=True)
class _Asked:
    """A question that has an answer. near: see `near_words`."""

    story: str
    question: str
    answer: str
    references: tuple[str, ...]
    near: frozenset[str]

    @property
    def kind(self) -> str:
        """Of what sort the answer is."""
        return answer_kind(self.question, self.answer)

    def refuses(self, answer: str) -> bool:
        """Tell whether an answer is of no use as a wrong one: right in other words, or said near what is asked."""
        if self.kind == YES_NO:
            return len(plain(answer).split()) > 1 or not surely_differs(answer, self.references)
        right = {stem for one in self.references for stem in stems(one)}
        return not surely_differs(answer, self.references) or bool(stems(answer) & (right | self.near))


class Statement:
    """About clear questions that have an answer."""

    name = "statement"
    labels = (SUPPORTED, CONTRADICTED, NOT_TOLD)

    def __init__(self, others: OtherAnswers, lending: Lending) -> None:
        self._others = others
        self._lending = lending
        self._questions: dict[str, list[_Asked]] = defaultdict(list)
        self._yes_no: dict[str, Counter[str]] = defaultdict(Counter)

    def survey(self, row: Row, split: str) -> None:
        """Keep question and answer."""
        if row["stage"] == Stage.INITIAL.value and not row["rendition"] and _is_usable(row):
            asked, questions = _asked(row), self._questions[row["story_id"]]
            if len(questions) < _MOST_LENT:
                questions.append(asked)
            if asked.kind == YES_NO:
                self._yes_no[split][plain(asked.answer)] += 1

    def drafts(self, row: HeardRow, draw: Draw, task: Task) -> Iterator[Draft]:
        """Yield statements about the row's own question, or about those that are lent to it."""
        one = row.row
        if one["stage"] != Stage.INITIAL.value:
            return
        lent = self._lending.lent(one["conversation_id"])
        questions = self._questions[lent.story][lent.place :: lent.of] if lent is not None else []
        for number, asked in enumerate(questions):
            if is_foreign(asked.question, one):
                yield from self._of(asked, row, draw, task, f"lent-{number}")
        if self._lending.own(one["conversation_id"]) is not None and _is_usable(one):
            yield from self._of(_asked(one), row, draw, task, "own")

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Find out anew whose question it is and whether the answer is right."""
        facts, one = facts_of(example), row.row
        question, answer = facts["question"], facts["answer"]
        if not example.statement or not all(text in example.statement for text in (question, answer)):
            return "the statement has not the question and the answer"
        if question != question_of(one):
            heard = [plain(turn["text"]) for turn in one["turns"]]
            told = plain(question) in heard or not is_foreign(question, one)
            return "the question may be told of" if told else wrong_label(example, NOT_TOLD)
        asked = _asked(one)
        right = plain(answer) in map(plain, asked.references)
        if not right and asked.refuses(answer):
            return f"{answer!r} may be right or not"
        if not right and answer_form(answer) != answer_form(asked.answer):
            return f"{answer!r} is of another sort than {asked.answer!r}"
        return wrong_label(example, SUPPORTED if right is facts["affirmed"] else CONTRADICTED)

    def _of(self, asked: _Asked, row: HeardRow, draw: Draw, task: Task, whose: str) -> Iterator[Draft]:
        wrong = self._wrong(asked, row.split, draw.stream(self.name, "wrong", whose))
        if wrong is None or not self._is_even(asked, row.split, draw.stream(self.name, "even", whose)):
            return  # with right answers alone, "not" would tell the label
        made = set()
        for number in range(_STATEMENTS):
            stream = draw.stream(self.name, whose, number)
            right, affirmed = stream.uniform() < 0.5, stream.uniform() < 0.5
            said = asked.answer if right else wrong
            if (said, affirmed) in made:
                continue
            made.add((said, affirmed))
            statement = task.say("affirmed" if affirmed else "denied", stream, question=asked.question, answer=said)
            label = NOT_TOLD if whose != "own" else SUPPORTED if right is affirmed else CONTRADICTED
            yield Draft(
                self.name,
                task.say(self.name, stream, statement=statement),
                label,
                label=label,
                statement=statement,
                facts={"question": asked.question, "answer": said, "affirmed": affirmed},
            )

    def _is_even(self, asked: _Asked, split: str, stream: Stream) -> bool:
        """Draw whether a question counts, so that "yes" is as often right as "no", which it is not in corpora."""
        if asked.kind != YES_NO:
            return True
        counts = self._yes_no[split]
        return stream.uniform() * counts[plain(asked.answer)] < min(counts["yes"], counts["no"])

    def _wrong(self, asked: _Asked, split: str, stream: Stream) -> str | None:
        """Return another answer of the same sort: to another question about the same story, else of another story."""
        near = self._others.of_story(asked.story, asked.references, stream, asked.kind)
        own = next((one for one in near if not asked.refuses(one)), None)
        if own is not None or is_vague(asked.kind):
            return own
        return self._others.elsewhere(asked.story, split, asked.kind, lambda one: not asked.refuses(one), stream)


def _asked(row: Row) -> _Asked:
    question, response = question_of(row), row["response"]
    references = tuple(map(tidied, response["references"]))
    return _Asked(row["story_id"], question, tidied(response["text"]), references, near_words(question, row))


def _is_usable(row: Row) -> bool:
    response = row["response"]
    clear = response["action"] == Action.ANSWER.value and response["answerable"] and not row["ambiguous"]
    question, answer = question_of(row), response["text"]
    sort = answer_kind(question, answer)
    told = not sort.startswith(OTHER) and (sort != YES_NO or answer_form(answer) == YES_NO)
    asked_once = [plain(turn["text"]) for turn in row["turns"]].count(plain(question)) == 1
    return bool(clear) and told and asked_once and names_something(question)
