"""An answer that fits is asked for once, and nothing else is kept."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer, Connect, serving

from askqa_builder.chat.answer import Question, UnfitAnswerError
from askqa_builder.chat.model import ChatModel
from askqa_builder.chat.options import ChatOptions
from askqa_builder.disk_cache import CacheSettings

SCHEMA = {"type": "object", "properties": {"statement": {"type": "string"}}, "required": ["statement"]}
GOOD = '{"statement": "The boat is small."}'
MESSAGES = [{"role": "user", "content": "Write one."}]
QUESTION = Question(MESSAGES, SCHEMA)


@pytest.fixture
def cache(tmp_path: Path) -> CacheSettings:
    return CacheSettings(tmp_path, 10**9)


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_answered_needs_no_server(chat_server: ChatServer, connect: Connect, cache: CacheSettings) -> None:
    chat_server.says.extend(["never", GOOD])
    first = connect(cache).ask(QUESTION)
    chat_server.stop()
    again = connect(cache)
    found = again.ask(QUESTION)
    assert found.recalled
    assert not first.recalled
    assert found.value == first.value == json.loads(GOOD)
    assert (found.text, found.finish_reason, found.prompt_tokens, found.completion_tokens) == (GOOD, "stop", 14, 6)
    assert again.usage.completions == 0
    (only,) = again.ask_all([QUESTION])
    assert only == found


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0.5},
        {"temperature": None},
        {"max_tokens": 7},
        {"revision": "1a2b3c"},
        {"extra_body": {"top_p": 0.5}},
        {"response_format": "none"},
        {"seed": False},
        {"base_url": "another"},
    ],
)
def test_what_changes_an_answer_is_asked_anew(
    chat_server: ChatServer, connect: Connect, cache: CacheSettings, options: dict[str, Any]
) -> None:
    chat_server.always = GOOD
    if "base_url" in options:
        options = {"base_url": chat_server.url.replace("127.0.0.1", "localhost")}
    connect(cache).ask(QUESTION)
    assert not connect(cache, **options).ask(QUESTION).recalled


@pytest.mark.parametrize(
    "question",
    [
        Question(MESSAGES, SCHEMA, seed=1),
        Question([{"role": "user", "content": "Write two."}], SCHEMA),
        Question([{"role": "system", "content": "Be brief."}, *MESSAGES], SCHEMA),
        Question(MESSAGES, {**SCHEMA, "required": []}),
        Question(MESSAGES),
    ],
)
def test_another_question_is_asked(
    chat_server: ChatServer, connect: Connect, cache: CacheSettings, question: Question
) -> None:
    chat_server.always = GOOD
    connect(cache).ask(QUESTION)
    assert not connect(cache).ask(question).recalled


def test_another_seed_draws_another_answer_though_none_is_sent(
    chat_server: ChatServer, connect: Connect, cache: CacheSettings
) -> None:
    model = connect(cache, seed=False)
    chat_server.says.extend(["one", "two"])
    drawn = [model.ask(Question(MESSAGES, seed=seed)).text for seed in (0, 1, 0, 1)]
    assert drawn == ["one", "two", "one", "two"]


def test_how_a_server_is_reached_changes_no_answer(
    chat_server: ChatServer, connect: Connect, cache: CacheSettings
) -> None:
    chat_server.always = GOOD
    connect(cache, revision="1a2b3c").ask(QUESTION)
    elsewhere = {"base_url": "http://192.0.2.1/v1", "concurrency": 1, "timeout": 1, "patience": 0, "tries": 1}
    assert connect(cache, revision="1a2b3c", api_key_variable="OTHER", **elsewhere).ask(QUESTION).recalled


def test_failures_are_not_kept(chat_server: ChatServer, connect: Connect, cache: CacheSettings) -> None:
    chat_server.always = "never"
    for _ in range(2):
        with pytest.raises(UnfitAnswerError):
            connect(cache).ask(QUESTION)
    assert len(chat_server.requests) == 6
    assert entries(cache.folder) == []
    chat_server.always = GOOD
    assert connect(cache).ask(QUESTION).value == json.loads(GOOD)
    assert len(entries(cache.folder)) == 1


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "other"])
def test_a_damaged_answer_is_asked_for_again(
    chat_server: ChatServer, connect: Connect, cache: CacheSettings, damage: str
) -> None:
    chat_server.always = GOOD
    connect(cache).ask(QUESTION)
    (entry,) = entries(cache.folder)
    whole = entry.read_bytes()
    flipped = bytearray(whole)
    flipped[-5] ^= 1
    damages = {"flipped": bytes(flipped), "cut": whole[:-7], "empty": b"", "other": b'{"text": "a"}'}
    entry.write_bytes(damages[damage])
    assert connect(cache).ask(QUESTION).value == json.loads(GOOD)
    assert len(chat_server.requests) == 2
    assert entry.read_bytes() == whole
    assert connect(cache).ask(QUESTION).recalled


def test_what_is_wanted_now_is_what_counts(chat_server: ChatServer, connect: Connect, cache: CacheSettings) -> None:
    chat_server.says.append(GOOD)
    connect(cache).ask(QUESTION)
    strict = Question(MESSAGES, SCHEMA, lambda value: "too short" if len(value["statement"]) < 20 else None)
    chat_server.always = '{"statement": "The boat on the river is small."}'
    assert not connect(cache).ask(strict).recalled
    assert connect(cache).ask(strict).recalled
    assert len(entries(cache.folder)) == 1


def test_a_model_without_a_cache_asks_each_time(chat_server: ChatServer, connect: Connect) -> None:
    model = connect()
    for _ in range(3):
        assert not model.ask(Question(MESSAGES)).recalled
    assert len(chat_server.requests) == 3


# --- several processes ---


def _ask(url: str, folder: Path, count: int) -> None:
    options = ChatOptions.read({"base_url": url, "model": "parrot", "patience": 20, "revision": "anywhere"})
    with ChatModel(options, CacheSettings(folder, 10**9)) as model:
        questions = [Question([{"role": "user", "content": f"Question {number}"}]) for number in range(count)]
        texts = [str(getattr(answer, "text", answer)) for answer in model.ask_all(questions)]
    os._exit(0 if texts == [f"heard: Question {number}" for number in range(count)] else 1)


def _die_writing(url: str, folder: Path, count: int) -> None:
    Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment,method-assign]
    _ask(url, folder, count)


def _exit_codes(target: Any, processes: int, *arguments: Any) -> list[int | None]:
    context = multiprocessing.get_context("spawn")  # a fork would inherit the locks of the server's threads
    runs = [context.Process(target=target, args=arguments) for _ in range(processes)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(timeout=120)
        run.kill()
    return [run.exitcode for run in runs]


def test_processes_share_a_cache(chat_server: ChatServer, cache: CacheSettings) -> None:
    assert _exit_codes(_ask, 3, chat_server.url, cache.folder, 40) == [0, 0, 0]
    asked = len(chat_server.requests)
    assert 40 <= asked <= 120
    assert _exit_codes(_ask, 2, chat_server.url, cache.folder, 40) == [0, 0]
    assert len(chat_server.requests) == asked


def test_a_writer_that_is_killed_leaves_nothing_torn(chat_server: ChatServer, cache: CacheSettings) -> None:
    assert _exit_codes(_die_writing, 2, chat_server.url, cache.folder, 5) == [-signal.SIGKILL] * 2
    assert entries(cache.folder)  # what it was about to name
    assert not [path for path in entries(cache.folder) if path.suffix == ".answer"]
    with serving() as another:  # requests of the killed may still come to the first one
        assert _exit_codes(_ask, 1, another.url, cache.folder, 5) == [0]
        assert len(another.requests) == 5
