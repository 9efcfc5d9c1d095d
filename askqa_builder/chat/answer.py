"""Questions to a chat model, and its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from askqa_builder.corpus.rejects import quote
from askqa_builder.endpoint import GarbledError
from askqa_builder.errors import AskqaError

Messages = Sequence[Mapping[str, Any]]
"""As OpenAI's API has them: role and content, which is text or a list of parts, as `input_audio`."""

UnfitReason = Literal[
    "refused", "unanswered", "filtered", "cut_off", "empty", "not_text", "not_json", "wrong_schema", "failed_check"
]


@dataclass(frozen=True)
class Question:
    """What is asked once.

    schema: JSON schema that the answer must fit; it is told to the model. check: given the answer's JSON value, or its
    text where there is no schema, says in a few words what is wrong with it, or None. seed: another one draws another
    answer, as far as the server heeds it; 0 or more.
    """

    messages: Messages
    schema: Mapping[str, Any] | None = None
    check: Callable[[Any], str | None] | None = None
    seed: int = 0

    @property
    def has_form(self) -> bool:
        """Whether an answer can be wrong, so that it is worth asking again."""
        return self.schema is not None or self.check is not None


@dataclass(frozen=True)
class Answer:
    """What a model says.

    finish_reason: as the server gives it. prompt_tokens, completion_tokens: of all tries until this answer; None where
    the server does not tell. value: the JSON value, of a question with a schema. recalled: it was in the cache.
    seconds: of the request that it answers, without earlier tries and what was waited for; None where it was recalled.
    """

    text: str
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    value: Any = None
    recalled: bool = False
    seconds: float | None = None

    def after(self, earlier: Answer) -> Answer:
        """Return it with the tokens of an earlier try added."""
        return replace(
            self,
            prompt_tokens=_sum(earlier.prompt_tokens, self.prompt_tokens),
            completion_tokens=_sum(earlier.completion_tokens, self.completion_tokens),
        )


class UnfitAnswerError(AskqaError):
    """A model has no fitting answer to one question; it costs this question only.

    The message names neither host nor key: it may become the detail of a reject, and reason its slug.
    answer: the last one, where there is one.
    """

    def __init__(self, reason: UnfitReason, message: str, answer: Answer | None = None) -> None:
        super().__init__(message)
        self.reason: UnfitReason = reason
        self.answer = answer


@dataclass(frozen=True)
class Completion:
    """An answer as it came. refusal: what a model says instead, of those that tell the two apart."""

    answer: Answer
    refusal: str | None = None

    def require_whole(self) -> None:
        """Raise UnfitAnswerError where the answer was withheld or cut off, or is no text that a file can hold."""
        answer = self.answer
        if answer.finish_reason == "content_filter":
            raise UnfitAnswerError("filtered", "a content filter withheld the answer", answer)
        if self.refusal:
            raise UnfitAnswerError("refused", f"the model refuses: {quote(self.refusal)}", answer)
        if answer.finish_reason == "length":
            raise UnfitAnswerError("cut_off", "the answer was cut off at the most tokens it may have", answer)
        if not answer.text.strip():
            raise UnfitAnswerError("empty", "the answer is empty", answer)
        if not is_unicode(answer.text):
            raise UnfitAnswerError("not_text", "the answer holds half of a surrogate pair", answer)


_THOUGHT, _THOUGHT_ENDS = "<think>", "</think>"

_BROKEN_OFF = frozenset({"abort", "error"})
"""Finish reasons of servers (vLLM, OpenRouter) whose model stopped in the middle: what is there is no answer."""


def read_completion(content: Any) -> Completion:
    """Read the body of an answer ("The chat completion object" of OpenAI's API reference).

    Thoughts that a server has left in the text are no part of the answer. Raises GarbledError.
    """
    try:
        choice = content["choices"][0]
        message = choice["message"]
        text, refusal, finish = message.get("content"), message.get("refusal"), choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise GarbledError("an answer that is no chat completion") from error
    if not all(one is None or isinstance(one, str) for one in (text, refusal, finish)):
        raise GarbledError("a chat completion without text")
    if finish in _BROKEN_OFF:
        raise GarbledError("an answer that was broken off")
    usage = content.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    tokens = (_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))
    return Completion(Answer(without_thoughts(text or ""), finish, *tokens), refusal)


def without_thoughts(text: str) -> str:
    """Return a text without the thoughts that it begins with, whose opening tag may have stood in the prompt.

    Nothing is left of thoughts that do not end.
    """
    thoughts, end, rest = text.rpartition(_THOUGHT_ENDS)
    if text.lstrip().startswith(_THOUGHT):
        return rest.lstrip() if end else ""
    return rest.lstrip() if end and _THOUGHT not in thoughts else text


def is_unicode(text: str) -> bool:
    """Tell whether UTF-8 has bytes for a text: it has none for half of a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)
