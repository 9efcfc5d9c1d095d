"""What a chat server does wrong: what passes leaves no trace, what stays is told in one line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from chat_server import CRASHING, GARBAGE, REFUSED, ChatServer, Connect

from askqa_builder.chat.answer import Question, UnfitAnswerError
from askqa_builder.disk_cache import CacheSettings
from askqa_builder.errors import EngineError, UsageError

QUESTION = Question([{"role": "user", "content": "Whose boat?"}])
ANSWER = "heard: Whose boat?"
KEY = "sk-never-to-be-seen-0123456789"


@pytest.mark.parametrize("faults", [[503, 503, 500], [429], ["cut", "cut"], ["html"], [502, "cut", "html"]])
def test_a_fault_that_passes_leaves_no_trace(
    chat_server: ChatServer, connect: Connect, faults: list[int | str]
) -> None:
    chat_server.faults.extend(faults)
    assert connect(patience=20).ask(QUESTION).text == ANSWER
    assert len(chat_server.requests) == len(faults) + 1


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_asked_for_again(chat_server: ChatServer, connect: Connect, garbage: str) -> None:
    chat_server.faults.append(garbage)
    assert connect(patience=20).ask(QUESTION).text == ANSWER
    assert len(chat_server.requests) == 2


@pytest.mark.parametrize("reason", ["error", "abort"])
def test_an_answer_that_was_broken_off_is_asked_for_again(
    chat_server: ChatServer, connect: Connect, tmp_path: Path, reason: str
) -> None:
    broken = {"finish_reason": reason, "message": {"content": "heard: Who"}}
    chat_server.says.append(broken)
    assert connect(CacheSettings(tmp_path, 10**9), patience=20).ask(QUESTION).text == ANSWER
    assert len(chat_server.requests) == 2
    chat_server.says.extend([broken] * 3)
    with pytest.raises(UnfitAnswerError, match="broken off"):
        connect(patience=20).ask(QUESTION)


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_an_answer_beyond_the_timeout_is_asked_for_again(chat_server: ChatServer, connect: Connect, fault: str) -> None:
    chat_server.faults.append(fault)
    assert connect(timeout=1, patience=20).ask(QUESTION).text == ANSWER
    assert len(chat_server.requests) == 2


def test_the_servers_wish_to_wait_is_granted(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.retry_after = "1"
    chat_server.faults.append(429)
    began = time.monotonic()
    assert connect(patience=20).ask(QUESTION).text == ANSWER
    assert time.monotonic() - began >= 1
    chat_server.faults.append(429)
    with pytest.raises(EngineError, match="429 Too Many Requests"):
        connect(patience=1).ask(QUESTION)
    assert not chat_server.faults


def test_a_server_that_stays_away_ends_all(chat_server: ChatServer, connect: Connect) -> None:
    model = connect()
    assert model.ask(QUESTION).text == ANSWER
    chat_server.stop()
    with pytest.raises(EngineError, match="run the same command again") as caught:
        list(model.ask_all([QUESTION] * 5))
    assert chat_server.url in str(caught.value)
    chat_server.start()
    assert model.ask(QUESTION).text == ANSWER


def test_a_server_that_never_was_there_is_wrong_set_up(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.stop()
    with pytest.raises(UsageError, match="start the server or mend base_url"):
        connect().ask(QUESTION)


def test_nobody_waits_long_for_a_server_that_never_was_there(
    chat_server: ChatServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askqa_builder.chat.completions._PROBE_PATIENCE", 1.0)
    chat_server.stop()
    with pytest.raises(UsageError, match="start the server"):
        connect(patience=86400).ask(QUESTION)


def test_an_overloaded_server_ends_all(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.faults.extend([503] * 9)
    with pytest.raises(EngineError, match="503 Service Unavailable"):
        connect().ask(QUESTION)


def test_nonsense_for_one_question_is_its_fault_and_for_all_the_servers(
    chat_server: ChatServer, connect: Connect
) -> None:
    model = connect(patience=20)
    chat_server.faults.extend(["html"] * 3)
    with pytest.raises(UnfitAnswerError, match="not JSON"):
        model.ask(QUESTION)
    chat_server.faults.extend(["html"] * 6)
    with pytest.raises(EngineError, match="run the same command again"):
        model.ask(QUESTION)


def test_nonsense_from_the_first_is_wrong_set_up(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.faults.extend(["html"] * 6)
    with pytest.raises(UsageError, match=r"no answer from there: an answer that is not JSON; .* mend base_url"):
        connect(patience=20).ask(QUESTION)


@pytest.mark.parametrize(
    ("options", "told"),
    [({"model": "nobody"}, "The model `nobody` does not exist"), ({"base_url": "http://127.0.0.1:{port}/v2"}, "404")],
)
def test_a_model_or_path_that_is_not_there_is_wrong_set_up(
    chat_server: ChatServer, connect: Connect, options: dict[str, Any], told: str
) -> None:
    port = chat_server.root.rpartition(":")[2]
    options = {name: value.replace("{port}", port) for name, value in options.items()}
    with pytest.raises(UsageError, match=told):
        connect(patience=60, **options).ask(QUESTION)
    assert len(chat_server.requests) <= 1


def test_a_server_that_refuses_whatever_it_is_asked_is_wrong_set_up(chat_server: ChatServer, connect: Connect) -> None:
    chat_server.refuses.add("temperature")
    with pytest.raises(UsageError, match="'temperature' is not supported") as caught:
        list(connect().ask_all([QUESTION] * 50))
    assert "\n" not in str(caught.value)
    assert connect(temperature=None).ask(QUESTION).text == ANSWER


def test_a_model_that_takes_no_text_alone_fails_at_a_question_only(chat_server: ChatServer, connect: Connect) -> None:
    model = connect(patience=0)
    model.ask(QUESTION)
    chat_server.faults.extend([None, 400])  # the question's own crash, and then the refusal of what is asked to see
    crashing = Question([{"role": "user", "content": CRASHING}])
    with pytest.raises(UnfitAnswerError, match="500"):
        model.ask(crashing)


# --- the key ---


def test_a_key_goes_to_the_server_and_nowhere_else(
    chat_server: ChatServer,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level(0)
    chat_server.key = KEY
    monkeypatch.setenv("PARROT_KEY", KEY)
    cache = CacheSettings(tmp_path, 10**9)
    model = connect(cache, api_key_variable="PARROT_KEY")
    assert model.ask(QUESTION).text == ANSWER
    chat_server.refuses.add("response_format")
    chat_server.says.append("{}")
    model.ask(Question(QUESTION.messages, {"type": "object"}))
    told = []
    with pytest.raises(UnfitAnswerError) as refused:
        model.ask(Question([{"role": "user", "content": REFUSED}]))
    told.append(str(refused.value))
    chat_server.key = "another"  # the server repeats the key that it does not accept
    with pytest.raises(UsageError, match="the key in PARROT_KEY is not accepted") as caught:
        model.ask(Question([{"role": "user", "content": "More?"}]))
    told += [str(caught.value), repr(model), caplog.text]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    told += [path.read_text() for path in files] + [str(path) for path in files]
    assert all(KEY not in one for one in told)


def test_a_key_that_is_missing_is_asked_for_by_its_variable(
    chat_server: ChatServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARROT_KEY", raising=False)
    chat_server.key = KEY
    with pytest.raises(UsageError, match="401 Unauthorized; PARROT_KEY is not set"):
        connect(patience=60, api_key_variable="PARROT_KEY").ask(QUESTION)
