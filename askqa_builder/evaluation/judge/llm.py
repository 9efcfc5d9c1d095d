"""A language model as the judge of answers, after AudioBench.

Wang et al. 2024, "AudioBench: A Universal Benchmark for Audio Large Language Models" (arXiv 2406.16020): an explanation
and a rating of 0 to 5 against a reference; reported is the mean times 20. Ours: the form is a JSON schema; references
are those of one reading, which is told; neither story nor evidence is given, so that a right answer in other words is
rated by the references alone, as by all other scores.
"""

from __future__ import annotations

import json

from askqa_builder.chat.answer import Messages, Question
from askqa_builder.chat.model import ChatModel
from askqa_builder.evaluation.item import Intent, Item
from askqa_builder.evaluation.judge.judge import BEST, WORST, Judgement
from askqa_builder.evaluation.prompts import as_data, filled
from askqa_builder.evaluation.user.meaning import meaning

DEFAULTS = {"temperature": 0.0, "max_tokens": 512}
"""Options of a chat model as a judge that are not those of `ChatOptions`."""

_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["explanation", "rating"],
    "properties": {
        "explanation": {"type": "string", "minLength": 1, "maxLength": 2000},
        "rating": {"type": "integer", "minimum": WORST, "maximum": BEST},
    },
}


NO_RESPONSE = Judgement(WORST, "There is no response.")
"""Of a model that says nothing; nobody is asked."""


class JudgeModel:
    """A chat model as a judge. seed: another one draws other judgements, as far as the server heeds it."""

    name = "llm"

    def __init__(self, model: ChatModel, seed: int = 0) -> None:
        self._model = model
        self._seed = seed

    def judge(self, item: Item, intent: Intent, response: str) -> Judgement:
        """See `Judge.judge`. A model that says nothing is rated 0, and nobody is asked."""
        if not response.strip():
            return NO_RESPONSE
        fields = {
            "question": _question(item, intent),
            "references": json.dumps(intent.references, ensure_ascii=False),
            "response": as_data(response),
        }
        return ask_for_rating(self._model, filled(__package__, "judge_prompt.txt", **fields), self._seed)


def ask_for_rating(model: ChatModel, messages: Messages, seed: int) -> Judgement:
    """Return a chat model's rating with its explanation. Raises as `Judge.judge` does."""
    value = model.ask(Question(messages, _SCHEMA, seed=seed)).value
    return Judgement(int(value["rating"]), value["explanation"])


def _question(item: Item, intent: Intent) -> str:
    told = meaning(intent)
    question = f"Question, a JSON string: {as_data(item.question)}"
    return question if told is None else f"{question}\nThe user has said what he means by it: {as_data(told.statement)}"
