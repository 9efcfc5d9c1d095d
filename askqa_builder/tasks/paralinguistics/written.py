"""Questions that a language model has written about conversations, one row of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from askqa_builder.chat.answer import UnfitAnswerError
from askqa_builder.corpus.rejects import Reject, quote
from askqa_builder.seeds import derive_seed
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.paralinguistics.form import turn_of
from askqa_builder.tasks.paralinguistics.rules import asks_why_it_feels, is_repeated
from askqa_builder.tasks.paralinguistics.writer import Outcome
from askqa_builder.tasks.paralinguistics.written_rules import (
    WrittenQuestion,
    fault_of_written,
    ground_of_written,
    is_readable,
)

UNFIT, REPEATED = "unfit_question", "near_duplicate"
"""Why one question alone is left out; where a model has no fitting answer at all, the reason is the client's."""


class Written:
    """Gives nothing until a model has been asked."""

    name = "written"

    def __init__(self) -> None:
        self._rows: dict[str, tuple[int, int, str]] = {}
        self._questions: dict[str, list[WrittenQuestion]] = {}

    def expect(self, row: HeardRow) -> None:
        """Take note of a row: one of each conversation is written about, of those with most turns."""
        one = row.row
        candidate = (-len(row.turns), derive_seed("writes", one["id"]), one["id"])
        known = self._rows.get(one["conversation_id"])
        if not one["rendition"] and row.turns and (known is None or candidate < known):
            self._rows[one["conversation_id"]] = candidate

    def chosen(self, rows: Iterable[HeardRow]) -> Iterator[HeardRow]:
        """Yield the rows that are written about."""
        return (row for row in rows if self._rows.get(row.row["conversation_id"], (0, 0, ""))[2] == row.row["id"])

    def take(self, written: Iterable[tuple[HeardRow, Outcome]]) -> list[Reject]:
        """Keep what was written about rows; return what the model failed at, and what of it is left out."""
        asked: dict[str, list[str]] = defaultdict(list)
        rejects = []
        for row, outcome in written:
            if isinstance(outcome, UnfitAnswerError):
                rejects.append(_reject(row, outcome.reason, str(outcome)))
                continue
            kept = self._questions.setdefault(row.row["id"], [])
            for one in outcome:
                reason, detail = _left_out(one, row, asked[row.row["story_id"]])
                if reason is None:
                    kept.append(one)
                    asked[row.row["story_id"]].append(one.question)
                else:
                    rejects.append(_reject(row, reason, detail))
        return rejects

    def drafts(self, row: HeardRow) -> Iterator[Draft]:
        """Yield what was written about a row."""
        for one in self._questions.get(row.row["id"], ()):
            facts = {
                "form": self.name,
                "ground": ground_of_written(one, row),
                "evidence": one.evidence,
                "label": one.label,
            }
            yield Draft(
                one.kind,
                one.question,
                one.answer,
                turn=turn_of(row, one.evidence),
                facts=facts,
                metadata_readable=is_readable(one, row),
            )

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look at all that a program can tell: whether the answer is right is the writer's word."""
        one = WrittenQuestion(example.kind, example.prompt, example.answer, facts["evidence"], facts["label"])
        if fault := fault_of_written(one, row):
            return fault
        if example.label is not None or facts["ground"] != ground_of_written(one, row):
            return f"it has a label of its own, or rests on {ground_of_written(one, row)}"
        return None if example.metadata_readable is is_readable(one, row) else "whether labels answer it is not so"


def _left_out(one: WrittenQuestion, row: HeardRow, asked: list[str]) -> tuple[str | None, str]:
    """Return why a question is left out, and a line about it. asked: the story's questions so far."""
    fault = fault_of_written(one, row)
    if fault is not None:
        return UNFIT, fault
    again = asks_why_it_feels(one.question) and any(map(asks_why_it_feels, asked))
    if again or is_repeated(one.question, asked):
        return REPEATED, f"{quote(one.question)} is asked of this story already"
    return None, ""


def _reject(row: HeardRow, reason: str, detail: str) -> Reject:
    return Reject(row.row["conversation_id"], "", None, "write", reason, detail)
