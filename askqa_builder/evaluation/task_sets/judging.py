"""Responses to a set's examples rated by a language model, which hears nothing.

After AudioBench (Wang et al. 2024, arXiv 2406.16020), as the judge of dialogues: 0 to 5 with an explanation, against
the references; reported is the mean × 20. Whatever the model under test was given beside the question (a story, labels
of how things are said) the judge is not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from askqa_builder.chat.model import ChatModel
from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.judge.llm import NO_RESPONSE, ask_for_rating
from askqa_builder.evaluation.judge.once import ToRate, rated_once
from askqa_builder.evaluation.ledger import Ledger
from askqa_builder.evaluation.prompts import as_data, filled
from askqa_builder.evaluation.task_sets.item import TaskItem

Rated = dict[str, Judgement | None]
"""Judgements by the id of the example; None where the judge has no fitting one."""


@dataclass(frozen=True)
class TaskJudging:
    """Asks a judge once about each response. identity: which model it is. threads: at once. seed: of its draws."""

    model: ChatModel
    identity: Any
    threads: int
    seed: int
    ledger: Ledger

    def of(self, said: Sequence[tuple[TaskItem, str]]) -> tuple[Rated, Counter[str]]:
        """Return the judgements of responses, and why there are none of others."""
        return rated_once((self._to_rate(item, response) for item, response in said), self.threads, self.ledger)

    def _to_rate(self, item: TaskItem, response: str) -> ToRate:
        asked = {
            "who": "judge",
            "judge": self.identity,
            "example": item.id,
            "question": item.question,
            "references": list(item.references),
            "response": response,
        }
        return ToRate(item.id, asked, lambda: self._judge(item, response))

    def _judge(self, item: TaskItem, response: str) -> Judgement:
        if not response.strip():
            return NO_RESPONSE
        fields = {
            "question": as_data(item.question),
            "references": json.dumps(item.references, ensure_ascii=False),
            "response": as_data(response),
        }
        return ask_for_rating(self.model, filled(__package__, "judge_prompt.txt", **fields), self.seed)
