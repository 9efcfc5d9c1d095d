"""Fixtures: a chat server on 127.0.0.1, and models behind it, for all that asks one in an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from chat_server import ChatServer, last_words, serving

from askqa_builder.chat.model import ChatModel
from askqa_builder.chat.options import ChatOptions

Connecting = Callable[..., ChatModel]


@pytest.fixture
def model_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setattr("askqa_builder.endpoint._FIRST_WAIT", 0.02)
    with serving() as server:
        yield server


@pytest.fixture
def connecting(model_server: ChatServer) -> Iterator[Connecting]:
    """Makes models of the server, of some options."""
    with ExitStack() as stack:

        def make(options: dict[str, Any]) -> ChatModel:
            known = {"base_url": model_server.url, "model": "parrot", "patience": 0.5, "timeout": 20}
            return stack.enter_context(ChatModel(ChatOptions.read({**known, **options})))

        yield make


def prompts(server: ChatServer) -> list[str]:
    """The last message of each request."""
    return [last_words(request) for request in server.requests]
