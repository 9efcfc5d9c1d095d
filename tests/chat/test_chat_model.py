"""What a chat model is asked, and what comes of its answers."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from chat_server import REFUSED, ChatServer, Connect, asking, last_words

from askqa_builder.chat.answer import Answer, Question, UnfitAnswerError
from askqa_builder.disk_cache import CacheSettings

SCHEMA = {
    "type": "object",
    "properties": {"statement": {"type": "string", "minLength": 1}, "true": {"type": "boolean"}},
    "required": ["statement", "true"],
    "additionalProperties": False,
}
GOOD = '{"statement": "The boat is small.", "true": true}'


# --- what is asked ---


def test_a_question_is_asked_as_it_is(chat_server: ChatServer, connect: Connect) -> None:
    model = connect(temperature=0.7, max_tokens=64, extra_body={"top_p": 0.9})
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Whose boat?"}]
    answer = model.ask(Question(messages, seed=5))
    assert answer == Answer("heard: Whose boat?", "stop", 7, 3, seconds=answer.seconds)
    assert answer.seconds is not None
    body = {"model": "parrot", "messages": messages, "temperature": 0.7, "max_tokens": 64, "seed": 5, "top_p": 0.9}
    assert chat_server.requests == [body]


def test_what_is_left_to_the_server_is_not_sent(chat_server: ChatServer, connect: Connect) -> None:
    connect(temperature=None, max_tokens=None, seed=False).ask(asking("Whose boat?", seed=5))
    assert chat_server.requests[0].keys() == {"model", "messages"}


def test_a_seed_is_one_that_every_server_takes(chat_server: ChatServer, connect: Connect) -> None:
    connect().ask(asking("Whose boat?", seed=2**53 - 1))
    assert chat_server.requests[0]["seed"] == 2**31 - 1


def test_parts_of_a_message_are_asked_as_they_are(chat_server: ChatServer, connect: Connect) -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
    messages = [{"role": "user", "content": [audio, {"type": "text", "text": "Whose boat?"}]}]
    chat_server.always = GOOD
    assert connect().ask(Question(messages)).text == GOOD
    assert chat_server.requests[0]["messages"] == messages
    connect().ask(Question(messages, SCHEMA))
    first, second, wish = chat_server.requests[1]["messages"][0]["content"]
    assert [first, second] == messages[0]["content"]
    assert json.dumps(SCHEMA) in wish["text"]
    assert len(messages[0]["content"]) == 2  # the question is as it was


def test_a_schema_is_told_to_the_server_and_to_the_model(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.always = GOOD
    answer = connect().ask(asking("Write one.", schema=SCHEMA))
    assert answer.value == json.loads(GOOD)
    (body,) = chat_server.requests
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert last_words(body).startswith("Write one.\n")
    assert last_words(body).endswith(json.dumps(SCHEMA))


def test_a_schema_after_the_models_own_words_is_a_message_of_its_own(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.always = GOOD
    messages = [{"role": "user", "content": "Write one."}, {"role": "assistant", "content": "I will."}]
    connect().ask(Question(messages, SCHEMA))
    assert [one["role"] for one in chat_server.requests[0]["messages"]] == ["user", "assistant", "user"]


# --- servers that take no schema ---


def test_a_server_that_takes_no_schema_is_asked_without(
    chat_server: ChatServer, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    model = connect()
    chat_server.refuses.add("response_format")
    chat_server.always = GOOD
    for number in range(3):
        assert model.ask(asking(f"Write number {number}.", schema=SCHEMA)).value == json.loads(GOOD)
    assert ["response_format" in body for body in chat_server.requests] == [True, False, False, False]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "takes no schema" in record.message
    assert "10.1.2.3" not in record.message


def test_another_schema_is_tried_although_one_was_refused(chat_server: ChatServer, connect: Connect) -> None:
    model = connect()
    chat_server.always = GOOD
    chat_server.refuses.add("response_format")
    model.ask(asking("Write one.", schema=SCHEMA))
    chat_server.refuses.clear()
    model.ask(asking("Write one.", schema={"type": "object"}))
    assert ["response_format" in body for body in chat_server.requests] == [True, False, True]


def test_a_refusal_of_something_else_says_nothing_of_schemas(chat_server: ChatServer, connect: Connect) -> None:
    model = connect()
    chat_server.always = GOOD
    model.ask(asking("Write one.", schema=SCHEMA))
    with pytest.raises(UnfitAnswerError, match="nobody says that"):
        model.ask(asking(REFUSED, schema=SCHEMA))
    model.ask(asking("Write another.", schema=SCHEMA))
    assert ["response_format" in body for body in chat_server.requests] == [True, True, False, True]


def test_no_schema_is_sent_where_none_is_wanted(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.always = GOOD
    connect(response_format="none").ask(asking("Write one.", schema=SCHEMA))
    assert "response_format" not in chat_server.requests[0]


# --- answers that do not fit ---


@pytest.mark.parametrize(
    ("unfit", "told"),
    [
        ("I would rather not.", "not one JSON value"),
        ('{"statement": "", "true": true}', '$.statement: the text "" should be non-empty'),
        ('{"statement": "The boat is small."}', "'true' is a required property"),
        ('{"statement": "a", "true": "yes"}', "$.true: the text \"yes\" is not of type 'boolean'"),
        ({"finish_reason": "length", "message": {"content": GOOD[:20]}}, "cut off"),
        ({"message": {"content": None}}, "empty"),
        ("[" * 100_000, "nested too deeply"),
        ('{"statement": "\\ud800", "true": true}', "surrogate"),
    ],
)
def test_an_unfit_answer_is_asked_for_again_with_what_was_wrong(
    chat_server: ChatServer, connect: Connect, unfit: Any, told: str
) -> None:
    chat_server.says.extend([unfit, GOOD])
    answer = connect().ask(asking("Write one.", schema=SCHEMA))
    assert answer.value == json.loads(GOOD)
    assert (answer.prompt_tokens, answer.completion_tokens) == (14, 6)
    first, second = chat_server.requests
    assert second["messages"][:1] == first["messages"]
    assert [one["role"] for one in second["messages"]] == ["user", "assistant", "user"]
    assert second["messages"][1]["content"].strip()
    assert told in last_words(second)
    assert sum(len(one["content"]) for one in second["messages"]) < 6000


def test_a_model_that_never_fits_costs_its_question_only(chat_server: ChatServer, connect: Connect) -> None:
    def say(question: str) -> str:
        return GOOD if "Write" in question else "never"

    chat_server.always = say
    questions = [
        asking("Write one.", schema=SCHEMA),
        asking("Bad.", schema=SCHEMA),
        asking("Write two.", schema=SCHEMA),
    ]
    before, unfit, after = connect(tries=4).ask_all(questions)
    assert isinstance(unfit, UnfitAnswerError)
    assert unfit.reason == "not_json"
    assert unfit.answer is not None
    assert (unfit.answer.text, unfit.answer.prompt_tokens) == ("never", 4 * 7)
    assert [one.value for one in (before, after) if isinstance(one, Answer)] == [json.loads(GOOD)] * 2
    assert len(chat_server.requests) == 2 + 4


def test_a_question_without_a_form_is_asked_once(chat_server: ChatServer, connect: Connect) -> None:
    model = connect()
    chat_server.always = {"finish_reason": "length", "message": {"content": "The boat belongs to"}}
    with pytest.raises(UnfitAnswerError) as caught:
        model.ask(asking("Whose boat?"))
    assert caught.value.reason == "cut_off"
    answer = caught.value.answer
    assert answer is not None
    assert answer == Answer("The boat belongs to", "length", 7, 3, seconds=answer.seconds)
    assert len(chat_server.requests) == 1


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"finish_reason": "content_filter", "message": {"content": ""}}, "filtered"),
        ({"message": {"content": None, "refusal": "I can't help\nwith that."}}, "refused"),
    ],
)
def test_what_is_withheld_is_not_asked_for_again(
    chat_server: ChatServer, connect: Connect, said: dict[str, Any], reason: str
) -> None:
    chat_server.always = said
    with pytest.raises(UnfitAnswerError) as caught:
        connect().ask(asking("Write one.", schema=SCHEMA))
    assert caught.value.reason == reason
    assert "\n" not in str(caught.value)
    assert len(chat_server.requests) == 1


def test_a_check_of_the_callers_is_told_like_a_schema(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.says.extend(['{"statement": "Is it?", "true": true}', GOOD])
    ends = lambda value: None if value["statement"].endswith(".") else "the statement must end in a full stop"  # noqa: E731
    assert connect().ask(asking("Write one.", schema=SCHEMA, check=ends)).value == json.loads(GOOD)
    assert "the statement must end in a full stop" in last_words(chat_server.requests[1])


def test_a_check_without_a_schema_is_of_the_text(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.says.extend(["maybe", "yes"])
    word = lambda text: None if text in ("yes", "no") else "it is neither yes nor no"  # noqa: E731
    assert connect().ask(asking("Is it?", check=word)).text == "yes"
    chat_server.always = "maybe"
    with pytest.raises(UnfitAnswerError, match="neither yes nor no") as caught:
        connect().ask(asking("Is it?", check=word))
    assert caught.value.reason == "failed_check"


def test_half_a_surrogate_pair_is_no_text(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.always = "\ud83d"
    with pytest.raises(UnfitAnswerError) as caught:
        connect().ask(asking("Whose boat?"))
    str(caught.value).encode("utf-8")
    assert caught.value.reason == "not_text"


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("<think>A boat?</think>\n\nYes.", "Yes."),
        ("\n<think>\nA boat?\n</think>Yes.", "Yes."),
        ("So it is a boat.\n</think>\n\nYes.", "Yes."),  # its opening tag stood in the prompt
        ("Write <think> and </think>.", "Write <think> and </think>."),
        ("Yes. ", "Yes. "),
    ],
)
def test_thoughts_are_no_part_of_an_answer(
    chat_server: ChatServer, connect: Connect, tmp_path: Path, said: str, heard: str
) -> None:
    chat_server.always = said
    cache = CacheSettings(tmp_path, 10**9)
    assert connect(cache).ask(asking("Is it?")).text == heard
    recalled = connect(cache).ask(asking("Is it?"))
    assert (recalled.text, recalled.recalled) == (heard, True)


def test_thoughts_that_do_not_end_are_no_answer(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.always = "<think>A boat? Yes, or is it"
    with pytest.raises(UnfitAnswerError) as caught:
        connect().ask(asking("Is it?"))
    assert caught.value.reason == "empty"


def test_tokens_are_counted_of_every_completion(chat_server: ChatServer, connect: Connect) -> None:
    model = connect()
    chat_server.says.extend(["no", GOOD, "no", "no", "no"])
    model.ask(asking("Write one.", schema=SCHEMA))
    with pytest.raises(UnfitAnswerError):
        model.ask(asking("Write two.", schema=SCHEMA))
    usage = model.usage
    assert (usage.completions, usage.prompt_tokens, usage.completion_tokens) == (5, 35, 15)
