"""Answers rated, each once in a run, several at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from askqa_builder.chat.answer import UnfitAnswerError
from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.ledger import Json, Ledger
from askqa_builder.evaluation.threads import in_threads


@dataclass(frozen=True)
class ToRate:
    """An answer that is to be rated.

    key: what tells judgements apart. asked: all that decides the judgement, as JSON. judge: asks for it; raises
    UnfitAnswerError where the judge has no fitting one.
    """

    key: str
    asked: Mapping[str, Any]
    judge: Callable[[], Judgement]


def rated_once(
    answers: Iterable[ToRate], threads: int, ledger: Ledger
) -> tuple[dict[str, Judgement | None], Counter[str]]:
    """Return judgements by key, None where the judge has no fitting one, and why so, with how often.

    threads: that ask at once. Raises EngineError where the judge is out of reach, and StorageError.
    """
    judgements: dict[str, Judgement | None] = {}
    reasons: Counter[str] = Counter()
    for key, found in in_threads(lambda one: _rate(one, ledger), answers, threads):
        judgements[key] = found if isinstance(found, Judgement) else None
        if not isinstance(found, Judgement):
            reasons[found] += 1
    return judgements, reasons


def _rate(one: ToRate, ledger: Ledger) -> tuple[str, Judgement | str]:
    def ask() -> Json:
        judgement = one.judge()
        return {"rating": judgement.rating, "explanation": judgement.explanation}

    try:
        return one.key, Judgement(**ledger.once(one.asked, ask))
    except UnfitAnswerError as error:
        return one.key, str(error)
