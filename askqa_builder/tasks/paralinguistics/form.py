"""What each form of question is, and what all forms share."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from askqa_builder.corpus.conversation import Role
from askqa_builder.seeds import Stream
from askqa_builder.tasks.drawing import crosses_sentences, draw_phrase
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, one_line, plain
from askqa_builder.tasks.listening.transcripts import ORDINALS
from askqa_builder.tasks.paralinguistics.deliveries import Deliveries
from askqa_builder.tasks.paralinguistics.survey import RowSurvey, Tag
from askqa_builder.tasks.task import Draw

DIRECT, C, CE, CG = "direct", "c", "ce", "cg"
"""The kinds of the paper (arXiv 2508.07273): about the sound alone; contextual; contextual and emotion, or style;
contextual and gender."""

KINDS = (DIRECT, C, CE, CG)

LETTERS = ("A", "B")
YES, NO = "yes", "no"

_HAS_PARTS = re.compile(r",| and | or ")

_FEWEST_QUOTED, _MOST_QUOTED = 2, 12
"""Words of a turn that is quoted whole: one is soon said twice, and more are asked for in part."""


@dataclass(frozen=True)
class Making:
    """What the forms make questions of one row with. owned: the turns that it asks about. say: returns a prompt."""

    row: HeardRow
    owned: Sequence[int]
    survey: RowSurvey
    draw: Draw
    say: Callable[..., str]


class Form(ABC):
    """One form of question. names: of its wordings. readable: whether labels of how it is said answer it unheard.
    ground: what every answer rests on; None where that depends on the row, and `fault` looks there."""

    names: ClassVar[tuple[str, ...]]
    kind: ClassVar[str]
    readable: ClassVar[bool] = False
    ground: ClassVar[str | None] = None

    def __init__(self, deliveries: Deliveries) -> None:
        self.deliveries = deliveries

    def labels_of(self, facts: dict[str, Any]) -> tuple[str, ...] | None:
        """Return the labels that an answer can have, where it is a class that the text should not tell."""
        return None

    def tags(self, row: HeardRow, turn: int) -> Iterator[Tag]:
        """Yield the groups in which a turn counts, where answers are balanced."""
        yield from ()

    @abstractmethod
    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield the questions of a row."""

    @abstractmethod
    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Say what is wrong with an example, by its row; None where it is right."""

    def draft(
        self, making: Making, stream: Stream, answer: str, turn: int | None, facts: dict[str, Any], **more: Any
    ) -> Draft:
        """Return a question. facts: the fields of its wording, and `ground`; `form` where it has several names."""
        form = facts.get("form", self.names[0])
        fields = {name: value for name, value in facts.items() if name not in ("form", "ground")}
        return Draft(
            self.kind,
            making.say(form, stream, **fields),
            answer,
            turn=turn,
            facts={**facts, "form": form},
            metadata_readable=self.readable,
            **more,
        )


def quoted(row: HeardRow, turn: int, stream: Stream) -> str | None:
    """Return words that are heard in this turn alone: all of it, or of a longer one a drawn part of a sentence; None
    where there are none."""
    text = one_line(row.text(turn))
    words = len(plain(text).split())
    if words > _MOST_QUOTED or row.role(turn) == Role.NARRATOR.value:
        phrase = draw_phrase(stream, row, [turn], in_sentence=True)
        return None if phrase is None else phrase.text
    is_clear = words >= _FEWEST_QUOTED and not set('“”"') & set(text)
    return text if is_clear and row.occurrences(text) == 1 else None


def misquoted(example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
    """Say which quotation runs from one sentence into another; whole turns may. None where none does."""
    for phrase in (facts[name] for name in ("phrase", "a", "b") if name in facts):
        if f"“{phrase}”" in example.prompt and crosses_sentences(phrase):
            turn = turn_of(row, phrase)
            if turn is None or plain(row.text(turn)) != plain(phrase):
                return f"“{phrase}” is of more than one sentence"
    return None


def turn_of(row: HeardRow, phrase: str) -> int | None:
    """Return the one turn in which some words are heard; None where none has them, or several have."""
    found = [turn for turn in row.turns if f" {plain(phrase)} " in f" {plain(row.text(turn))} "]
    return found[0] if len(found) == 1 and row.occurrences(phrase) == 1 else None


def spoken_roles(row: HeardRow) -> list[str]:
    """Return who is heard, the narrator first."""
    return [role.value for role in Role if row.turns_of(role.value)]


def choice(options: Sequence[str]) -> str:
    """Return options as a question offers them: "a, b or c", or "a, b; c and d; or e" where one has parts itself."""
    *before, last = options
    if before and any(_HAS_PARTS.search(option) for option in options):
        return "; ".join([*before, f"or {last}"])
    return f"{', '.join(before)} or {last}" if before else last


def ordinal(row: HeardRow, turn: int) -> str | None:
    """Return a turn's number among its role's, in words; None beyond the words there are."""
    number = row.turns_of(row.role(turn)).index(turn)
    return ORDINALS[number] if number < len(ORDINALS) else None


def turn_at(row: HeardRow, role: str, place: str) -> int | None:
    """Return the turn of a role with a number, in words, found by going through the row."""
    left = ORDINALS.index(place)
    for turn, (told, heard) in enumerate(zip(row.row["turns"], row.heard.characters, strict=True)):
        if told["role"] == role and heard is not None:
            if not left:
                return turn
            left -= 1
    return None


def differs(example: Example, answer: str, label: str | None = None) -> str | None:
    """Say that an answer, or its label, is not the expected one."""
    if example.answer != answer:
        return f"the answer is {example.answer!r}, not {answer!r}"
    return None if example.label == label else f"the label is {example.label!r}, not {label!r}"
