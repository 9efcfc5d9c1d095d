"""Answers that must be JSON of a schema: how they are asked for, read, and asked for again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from askqa_builder.chat.answer import Answer, Completion, Messages, Question, UnfitAnswerError, is_unicode
from askqa_builder.corpus.rejects import describe, escape

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_MOST_QUOTED = 300
_MOST_REPEATED = 4000
"""A model is shown so many characters of its own unfit answer."""

_FENCE = "```"


def asked(question: Question) -> Messages:
    """Return the messages of a question, with the schema told where there is one."""
    if question.schema is None:
        return question.messages
    schema = json.dumps(question.schema, ensure_ascii=False)
    wish = f"Answer with one JSON value that fits this JSON schema, and with nothing else:\n{schema}"
    *before, last = question.messages
    if last.get("role") != "user":
        return [*before, last, {"role": "user", "content": wish}]
    # into the same message: the templates of some models take no two of a user in a row
    content = last["content"]
    content = f"{content}\n\n{wish}" if isinstance(content, str) else [*content, {"type": "text", "text": wish}]
    return [*before, {**last, "content": content}]


def asked_again(messages: Messages, error: UnfitAnswerError, schema: bool) -> Messages:
    """Return the messages with the unfit answer, and what is wrong with it."""
    text = error.answer.text if error.answer is not None else ""
    text = text if is_unicode(text) else text.encode("utf-8", "replace").decode("utf-8")
    text = text if len(text) <= _MOST_REPEATED else f"{text[:_MOST_REPEATED]}…"
    how = "in fewer words, " if error.reason == "cut_off" else ""
    wish = "with one JSON value that fits the schema, and with nothing else" if schema else "with the whole of it"
    return [
        *messages,
        {"role": "assistant", "content": text or "…"},
        {"role": "user", "content": f"This does not fit: {error}. Answer again, {how}{wish}."},
    ]


def fitting(question: Question, completion: Completion) -> Answer:
    """Return the answer with its value. Raises UnfitAnswerError where it is not as the question wants it."""
    completion.require_whole()
    answer = completion.answer
    try:
        if question.schema is not None:
            answer = replace(answer, value=read_json(answer.text))
            _require_schema(answer.value, question.schema)
    except UnfitAnswerError as error:
        error.answer = answer
        raise
    if question.check is not None:
        wrong = question.check(answer.text if question.schema is None else answer.value)
        if wrong is not None:
            raise UnfitAnswerError("failed_check", wrong, answer)
    return answer


def read_json(text: str) -> Any:
    """Return the JSON value that a text is, or the only object in it where there is other text around it.

    Raises UnfitAnswerError where it is none, is several, or holds what no file could: half of a surrogate pair, a key
    twice, a number that is too large or none.
    """
    text = text.strip().removeprefix("\ufeff")
    if text.startswith(_FENCE) and text.endswith(_FENCE):
        text = text.partition("\n")[2].removesuffix(_FENCE).strip()
    try:
        return _parsed(text)
    except UnfitAnswerError:
        start, end = text.find("{"), text.rfind("}") + 1
        if not 0 <= start < end or (start, end) == (0, len(text)):
            raise
        # from the first brace to the last: of a broken object, no inner one is taken for the whole
        return _parsed(text[start:end])


def _parsed(text: str) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise UnfitAnswerError("not_json", f"it is not one JSON value: {error.msg} (at {error.pos})") from error
    except RecursionError as error:
        raise UnfitAnswerError("not_json", "its JSON is nested too deeply") from error
    except UnicodeEncodeError as error:
        raise UnfitAnswerError("not_json", "its JSON holds half of a surrogate pair") from error
    except ValueError as error:  # more digits than Python converts, or more than a float holds
        raise UnfitAnswerError("not_json", "its JSON holds a number that is too large") from error
    return value


def _clipped(text: str) -> str:
    """Return a text on one line, without what is more of it than a message has room for."""
    return escape(text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}…")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UnfitAnswerError("not_json", "its JSON has a key twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise UnfitAnswerError("not_json", f"its JSON holds {name}, which is no JSON")


def _require_schema(value: Any, schema: Mapping[str, Any]) -> None:
    from jsonschema.exceptions import best_match

    try:
        error = best_match(_validator(json.dumps(schema)).iter_errors(value))
    except RecursionError as deep:
        raise UnfitAnswerError("wrong_schema", "its JSON is nested too deeply") from deep
    if error is not None:
        raise UnfitAnswerError("wrong_schema", f"{_clipped(error.json_path)}: {_clipped(_told(error))}")


def _told(error: ValidationError) -> str:
    """Return what is wrong, in which jsonschema has the whole value."""
    value, message = repr(error.instance), str(error.message)
    return describe(error.instance) + message[len(value) :] if message.startswith(value) else message


@lru_cache(maxsize=64)
def _validator(schema: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    content = json.loads(schema)
    Draft202012Validator.check_schema(content)
    return Draft202012Validator(content)
