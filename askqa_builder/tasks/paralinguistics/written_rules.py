"""What a program can tell of a question that a language model has written: whether it is of its kind, and rests on what
is heard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from askqa_builder.corpus.rejects import quote
from askqa_builder.tasks.heard_row import HeardRow, one_line, plain
from askqa_builder.tasks.paralinguistics.deliveries import Delivery, stands_out
from askqa_builder.tasks.paralinguistics.form import CE, CG, C, turn_of
from askqa_builder.tasks.paralinguistics.gendered import gender_of
from askqa_builder.tasks.paralinguistics.grounds import WORDS
from askqa_builder.tasks.paralinguistics.rules import unfit, unquoted
from askqa_builder.tasks.reasoning.foreign import content_words
from askqa_builder.voices.style import NEUTRAL

KINDS = (C, CE, CG)

FEWEST_WORDS, MOST_WORDS = 4, 40
MOST_ANSWER_WORDS = 40
_FEWEST_EVIDENCE = 2
_STEM = 4
"""Letters by which forms of a word are the same, as in "hurried" and "hurry"; a final y may be an i: "happily"."""

_EMOTION_WORDS = re.compile(
    r"\b(?:angr(?:y|ily|ier)|anger|disgust\w*|fearful\w*|afraid|scared|happy|happi\w+|jo(?:y|yful\w*)|sad|sadly|sadness|"
    r"surprise\w*|emotion\w*|feels?|feelings?|felt|moods?|upset|excite\w*|nervous\w*)\b",
    re.IGNORECASE,
)
_SOUND_WORDS = re.compile(
    r"\b(?:tone|voices?|sound(?:s|ed|ing)?|pitch|intonation|loud\w*|softly|lively|livelier|subdued|monoton\w+)\b",
    re.IGNORECASE,
)
_GENDER_WORDS = {
    "man": re.compile(r"\b(?:man|men|male|man's)\b", re.IGNORECASE),
    "woman": re.compile(r"\b(?:woman|women|female|woman's)\b", re.IGNORECASE),
}


@dataclass(frozen=True)
class WrittenQuestion:
    """A question as it was written. evidence: words of one turn; label: of that turn, None for the kind C."""

    kind: str
    question: str
    answer: str
    evidence: str
    label: str | None

    @classmethod
    def tidied(cls, value: dict[str, Any]) -> WrittenQuestion:
        """Read one as the schema has it, on single lines."""
        return cls(**{name: one_line(text) if isinstance(text, str) else text for name, text in value.items()})


def kinds_for(row: HeardRow) -> list[str]:
    """Return the kinds of which something can be asked about a row."""
    turns = [turn for turn in row.turns if row.text(turn)]
    ce = any(stands_out(row, turn) is not None for turn in turns)
    cg = any(gender_of(row, row.role(turn)) is not None for turn in turns)
    return [kind for kind, there in ((C, bool(turns)), (CE, ce), (CG, cg)) if there]


def ground_of_written(one: WrittenQuestion, row: HeardRow) -> str | None:
    """Return what its answer rests on; None where its words or its label are not as it says."""
    turn = turn_of(row, one.evidence)
    if turn is None:
        return None
    if one.kind == CE:
        delivery = stands_out(row, turn)
        return delivery.source if delivery is not None and delivery.name == one.label else None
    if one.kind == CG:
        gender = gender_of(row, row.role(turn))
        return gender[1] if gender is not None and gender[0] == one.label else None
    return WORDS if one.label is None else None


def is_readable(one: WrittenQuestion, row: HeardRow) -> bool:
    """Tell whether labels with their times answer it: it is about how it is said, and names none of the words."""
    said = content_words(" ".join(row.text(turn) for turn in row.turns))
    return one.kind == CE and not content_words(one.question) & said


def fault_of_written(one: WrittenQuestion, row: HeardRow) -> str | None:
    """Say what is wrong with a question about a row, as far as a program can tell."""
    return _misworded(one) or _misplaced(one, row) or _of_another_kind(one, row)


def _misworded(one: WrittenQuestion) -> str | None:
    if not FEWEST_WORDS <= len(plain(one.question).split()) <= MOST_WORDS or not one.question.endswith("?"):
        return f"{quote(one.question)} is no question of {FEWEST_WORDS} to {MOST_WORDS} words"
    if not 1 <= len(plain(one.answer).split()) <= MOST_ANSWER_WORDS:
        return f"the answer {quote(one.answer)} has not 1 to {MOST_ANSWER_WORDS} words"
    wrong = unfit(one.question) or unfit(one.answer)
    return f"{quote(one.question)}: {wrong}" if wrong is not None else None


def _misplaced(one: WrittenQuestion, row: HeardRow) -> str | None:
    if len(plain(one.evidence).split()) < _FEWEST_EVIDENCE or turn_of(row, one.evidence) is None:
        return f"the evidence {quote(one.evidence)} does not stand in one turn alone, word for word"
    if one.kind not in kinds_for(row):
        return f"of the kind {one.kind} nothing is known here"
    if ground_of_written(one, row) is None:
        return f"the label of {quote(one.evidence)} is not {one.label!r}"
    return None


def _of_another_kind(one: WrittenQuestion, row: HeardRow) -> str | None:
    text = unquoted(f"{one.question} {one.answer}")
    turn = turn_of(row, one.evidence)
    delivery = None if turn is None else stands_out(row, turn)
    if one.kind == CE and delivery is not None:
        return _off_delivery(text, delivery)
    if one.kind == CG:
        named = _GENDER_WORDS[one.label or ""].search(text)
        return None if named else f"neither question nor answer says that it is a {one.label}"
    found = _EMOTION_WORDS.search(text) or _SOUND_WORDS.search(text)
    found = found or _GENDER_WORDS["man"].search(one.answer) or _GENDER_WORDS["woman"].search(one.answer)
    return f"{found[0]!r} is not of the kind {one.kind}" if found else None


def _off_delivery(text: str, delivery: Delivery) -> str | None:
    feeling = _EMOTION_WORDS.search(text)
    if feeling and not delivery.is_emotion:
        return f"{delivery.name} is a style of delivery and no emotion, as {feeling[0]!r}"
    name = "usual" if delivery.name == NEUTRAL and not delivery.is_emotion else delivery.name
    stem = f"{re.escape(name[:-1])}[yi]" if name.endswith("y") else re.escape(name[:_STEM])
    if not re.search(rf"\b{stem}", text, re.IGNORECASE):
        return f"neither question nor answer says {delivery.name!r}, or a form of the word"
    return None
