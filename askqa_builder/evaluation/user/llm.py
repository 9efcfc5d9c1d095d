"""A language model as the simulated user, prompted with a summary of what is meant, after ACT.

Chen et al. 2024 (arXiv 2406.00222) give the simulator a summary of the gold trajectory's intent and take one line, at a
temperature of 0.1 and with 64 tokens. Ours: the summary is made, without a model, of the request, the annotator's
clarifying question and the reply to it, never of an answer; the story is not shown; and a reply that tells a reference
answer which these texts do not have is asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from askqa_builder.chat.answer import Question
from askqa_builder.chat.model import ChatModel
from askqa_builder.corpus.conversation import UNANSWERABLE
from askqa_builder.corpus.fields import is_pronounceable
from askqa_builder.corpus.rejects import quote
from askqa_builder.evaluation.item import Intent, Item, Said
from askqa_builder.evaluation.metrics.answer_scores import normalise_answer
from askqa_builder.evaluation.prompts import as_data, conversation, filled
from askqa_builder.evaluation.user.meaning import meaning
from askqa_builder.evaluation.user.words import content

DEFAULTS = {"temperature": 0.1, "max_tokens": 64}
"""Options of a chat model as a user that are not those of `ChatOptions`."""

_SPEAKER = re.compile(r"^user:\s*", re.IGNORECASE)
_IN_QUOTES = re.compile(r"^\"([^\"]*)\"$|^“([^“”]*)”$")


class UserModel:
    """A chat model as a user. seed: another one draws other replies, as far as the server heeds it."""

    name = "llm"

    def __init__(self, model: ChatModel, seed: int = 0) -> None:
        self._model = model
        self._seed = seed

    def reply(self, item: Item, intent: Intent, dialogue: Sequence[Said]) -> str:
        """See `Simulator.reply`."""
        fields = {"intent": intent_summary(item, intent), "conversation": conversation(dialogue)}
        messages = filled(__package__, "user_prompt.txt", **fields)
        question = Question(messages, check=_Check(item, intent), seed=self._seed)
        return _bare(self._model.ask(question).text)


def intent_summary(item: Item, intent: Intent) -> str:
    """Return what a user means, of what he has asked and replied; nothing of the references."""
    told = meaning(intent)
    asked = f"You have asked {as_data(item.question)}"
    if told is None or intent.clarifying_question is None or intent.reply is None:
        return f"{asked}, and you mean just that."
    return (
        f"{asked}. When somebody asked you {as_data(intent.clarifying_question)}, you said {as_data(intent.reply)}. "
        f"What you mean is therefore: {as_data(told.statement)}"
    )


def _bare(text: str) -> str:
    """Return a reply without the quotes around it and the name before it that some models write."""
    bare = _SPEAKER.sub("", text.strip())
    found = _IN_QUOTES.match(bare)
    return (found[1] or found[2] or "").strip() if found else bare


class _Check:
    """Says what is wrong with a reply, as far as a program can tell."""

    def __init__(self, item: Item, intent: Intent) -> None:
        own = (item.question, intent.clarifying_question or "", intent.reply or "")
        known = f" {' '.join(normalise_answer(text) for text in own)} "
        telling = {normalise_answer(one) for one in intent.references if content(one)} - {UNANSWERABLE}
        self._secret = sorted(f" {one} " for one in telling if f" {one} " not in known)

    def __call__(self, text: str) -> str | None:
        reply = _bare(text)
        if len(reply.splitlines()) > 1:
            return "it has more than one line"
        if not is_pronounceable(reply):
            return f"{quote(reply)} has nothing to say aloud"
        said = f" {normalise_answer(reply)} "
        return "it tells an answer, which the user does not know" if any(one in said for one in self._secret) else None
