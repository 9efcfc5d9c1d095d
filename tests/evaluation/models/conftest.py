"""Models under test behind the chat server of the chat model's tests, and requests to them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "chat"))
sys.path.insert(0, str(Path(__file__).parent))

from chat_server import ChatServer, serving


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with serving() as found:
        yield found


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait is short; the others follow from it, and the servers' wishes are granted all the same."""
    monkeypatch.setattr("askqa_builder.endpoint._FIRST_WAIT", 0.02)
