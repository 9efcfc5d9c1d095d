"""A language model that tells clarifying questions from answers, asked as in ACT.

Chen et al. 2024, "Learning to Clarify: Multi-turn Conversations with Action-Based Contrastive Self-Training" (arXiv
2406.00222): whether the assistant's response is a clarifying question, yes or no, at a temperature of 0.1 and with 3
tokens; "yes" in the reply, in lower case, means that it is. Ours: some more tokens, for models that say more; a reply
with neither word or with both is asked for again; response and conversation are given as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from askqa_builder.chat.answer import Question, UnfitAnswerError
from askqa_builder.chat.model import ChatModel
from askqa_builder.corpus.conversation import Action
from askqa_builder.corpus.rejects import quote
from askqa_builder.evaluation.item import Said
from askqa_builder.evaluation.prompts import as_data, conversation, filled

DEFAULTS = {"temperature": 0.1, "max_tokens": 16}
"""Options of a chat model as a classifier that are not those of `ChatOptions`."""

_YES_OR_NO = re.compile(r"\b(?:yes|no)\b")


class ClassifierModel:
    """A chat model as a classifier. seed: another one draws other replies, as far as the server heeds it."""

    name = "llm"

    def __init__(self, model: ChatModel, seed: int = 0) -> None:
        self._model = model
        self._seed = seed

    def action(self, dialogue: Sequence[Said], response: str) -> Action:
        """See `Classifier.action`. A reply that is cut off counts if it has said yes or no by then."""
        fields = {"conversation": conversation(dialogue), "response": as_data(response)}
        messages = filled(__package__, "classifier_prompt.txt", **fields)
        try:
            reply = self._model.ask(Question(messages, check=_fault, seed=self._seed)).text
        except UnfitAnswerError as error:
            if error.reason != "cut_off" or error.answer is None or _fault(error.answer.text) is not None:
                raise
            reply = error.answer.text
        return Action.CLARIFY if "yes" in _said(reply) else Action.ANSWER


def _fault(reply: str) -> str | None:
    return None if len(_said(reply)) == 1 else f"{quote(reply)} is not one of yes and no"


def _said(reply: str) -> set[str]:
    return set(_YES_OR_NO.findall(reply.lower()))
