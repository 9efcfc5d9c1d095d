"""A chat server, and models behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from chat_server import ChatServer, Connect, serving

from askqa_builder.chat.model import ChatModel
from askqa_builder.chat.options import ChatOptions
from askqa_builder.disk_cache import CacheSettings


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with serving() as found:
        yield found


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait is short; the others follow from it, and the servers' wishes are granted all the same."""
    monkeypatch.setattr("askqa_builder.endpoint._FIRST_WAIT", 0.02)


@pytest.fixture
def connect(chat_server: ChatServer) -> Iterator[Connect]:
    """Makes models of the server that give up after half a second, unless told otherwise."""
    with ExitStack() as stack:

        def make(cache: CacheSettings | None = None, **options: Any) -> ChatModel:
            known = {"base_url": chat_server.url, "model": "parrot", "patience": 0.5, "timeout": 20}
            return stack.enter_context(ChatModel(ChatOptions.read({**known, **options}), cache))

        yield make
