"""Asking a language model for questions: it gets the words with their times, and what is known of how they are said.

As in the paper (arXiv 2508.07273), which does not publish its prompt: this one is ours.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any

from askqa_builder.chat.answer import Question, UnfitAnswerError
from askqa_builder.chat.model import ChatModel
from askqa_builder.hearing.row_times import Row
from askqa_builder.recording.timeline import to_seconds
from askqa_builder.seeds import derive_seed
from askqa_builder.tasks.heard_row import HeardRow, one_line
from askqa_builder.tasks.paralinguistics.deliveries import stands_out
from askqa_builder.tasks.paralinguistics.form import CE, CG, C, spoken_roles
from askqa_builder.tasks.paralinguistics.gendered import gender_of
from askqa_builder.tasks.paralinguistics.written_rules import (
    MOST_ANSWER_WORDS,
    WrittenQuestion,
    fault_of_written,
    kinds_for,
)
from askqa_builder.voices.emotion import DIMENSIONS

OF_EACH_KIND = 3

_FEWEST_FITTING = 0.5
"""Of the questions of one answer; with fewer, it is asked for again."""

_PROMPT_FILE = "writer_prompt.txt"

_KINDS = {
    C: '- "c": what is said, by whom, in answer to what, and what follows from it; nothing about sound, emotion or '
    'gender. "label" is null.\n',
    CE: '- "ce": words together with how they are said. "label" is the style or the emotion of the turn with the '
    "evidence, as it is named below, and question or answer use this word or a form of it. A style is a way of "
    "speaking, compared with the speaker's usual one: never call it an emotion, a mood or a feeling. Of the style "
    '"neutral", say "usual".\n',
    CG: '- "cg": words together with whether a man or a woman says them; "label" is "man" or "woman", and question or '
    "answer use this word.\n",
}

Outcome = list[WrittenQuestion] | UnfitAnswerError


def questions_about(
    model: ChatModel, rows: Iterable[HeardRow], seed: int, wanted: Container[str]
) -> Iterator[tuple[HeardRow, Outcome]]:
    """Yield each row with what the model has written about it, fitting or not, or why it has nothing.

    wanted: kinds. A row of which none of them can be asked is passed over.
    Raises EngineError where its server stays away, UsageError where it refuses to be asked.
    """
    waiting: list[HeardRow] = []

    def asked() -> Iterator[Question]:
        for row in rows:
            kinds = [kind for kind in kinds_for(row) if kind in wanted]
            if kinds:
                waiting.append(row)
                messages = [{"role": "user", "content": prompt_about(row, kinds)}]
                drawn = derive_seed("paralinguistics writer", seed, row.row["id"])
                yield Question(messages, _schema(kinds), _Check(row), seed=drawn)

    for outcome in model.ask_all(asked()):
        row = waiting.pop(0)
        if isinstance(outcome, UnfitAnswerError):
            yield row, outcome
        else:
            yield row, [WrittenQuestion.tidied(one) for one in outcome.value["questions"]]


def prompt_about(row: HeardRow, kinds: Iterable[str]) -> str:
    """Return what the model is told of a row."""
    wanted = "".join(_KINDS[kind] for kind in kinds)
    text = files(__package__).joinpath(_PROMPT_FILE).read_text("utf-8")
    text = text.format(count=OF_EACH_KIND * len(list(kinds)), kinds=wanted, most_answer=MOST_ANSWER_WORDS)
    who = "".join(f"The {role} is a {found[0]}.\n" for role in spoken_roles(row) if (found := gender_of(row, role)))
    return text + who + "\n".join(_turn(row, turn) for turn in row.turns)


class _Check:
    """Says what is wrong with questions about a row, where too few of them are right."""

    def __init__(self, row: HeardRow) -> None:
        self._row = row

    def __call__(self, value: Any) -> str | None:
        faults = [fault_of_written(WrittenQuestion.tidied(one), self._row) for one in value["questions"]]
        wrong = [fault for fault in faults if fault is not None]
        return wrong[0] if len(wrong) > (1 - _FEWEST_FITTING) * len(faults) else None


def _schema(kinds: Iterable[str]) -> dict[str, Any]:
    kinds = list(kinds)
    question = {
        "type": "object",
        "additionalProperties": False,
        "required": ["kind", "question", "answer", "evidence", "label"],
        "properties": {
            "kind": {"type": "string", "enum": kinds},
            "question": {"type": "string", "minLength": 10, "maxLength": 300},
            "answer": {"type": "string", "minLength": 1, "maxLength": 300},
            "evidence": {"type": "string", "minLength": 2, "maxLength": 300},
            "label": {"type": ["string", "null"], "maxLength": 40},
        },
    }
    count = OF_EACH_KIND * len(kinds)
    listed = {"type": "array", "minItems": len(kinds), "maxItems": count, "items": question}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["questions"],
        "properties": {"questions": listed},
    }


def _turn(row: HeardRow, turn: int) -> str:
    of, rate = row.row["turns"][turn], row.heard.sampling_rate
    known = "; ".join(filter(None, (_delivery(row, turn), _affect(of), *_windows(row.row, turn))))
    # "1986" is spoken as several words
    written = {(word.char_start, word.char_end): word.start for word in reversed(row.words[turn])}
    words = [
        f"{one_line(of['text'][start:end])}({to_seconds(sample, rate):.1f})"
        for (start, end), sample in sorted(written.items())
    ]
    return f"{of['role']}, {of['start']:.1f} to {of['end']:.1f}{f' [{known}]' if known else ''}: " + (
        " ".join(words) if words else one_line(row.text(turn))
    )


def _delivery(row: HeardRow, turn: int) -> str | None:
    found = stands_out(row, turn)
    return None if found is None else f"{'emotion' if found.is_emotion else 'style'}: {found.name}"


def _affect(turn: Mapping[str, Any]) -> str | None:
    emotion = turn["emotion"] or {}
    found = emotion.get("intended") or emotion.get("recognised") or {}
    told = [f"{name} {found[name]:.2f}" for name in DIMENSIONS if found.get(name) is not None]
    return ", ".join(told) or None


def _windows(row: Row, turn: int) -> Iterator[str]:
    """Yield what recognisers found within a turn, in the windows that the filters have kept."""
    for window in row["affect"] or ():
        told = [window["category"], *(f"{name} {window[name]:.2f}" for name in DIMENSIONS if window[name] is not None)]
        if window["turn"] == turn and window["kept"] and any(told):
            yield f"{window['start']:.1f} to {window['end']:.1f}: {', '.join(filter(None, told))}"
