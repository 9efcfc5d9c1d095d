"""Sets of examples, and servers that are asked about them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "chat"))
sys.path.insert(0, str(Path(__file__).parents[2] / "build"))
sys.path.insert(0, str(Path(__file__).parents[2] / "tasks"))
sys.path.insert(0, str(Path(__file__).parent))

from chat_server import ChatServer, serving
from set_server import SetServer, serving_set


@pytest.fixture(scope="session")
def questions(demo_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Examples of the demo dataset with and without labels, of several kinds. Read it, never change it."""
    from askqa_builder import tasks

    out = tmp_path_factory.mktemp("questions") / "questions"
    kinds = ("transcript", "turn", "span", "speakers", "turns", "when", "order", "continuation", "statement")
    tasks(demo_dataset, out, tasks=("listening", "reasoning"), without=kinds)
    return out


@pytest.fixture
def server(questions: Path) -> Iterator[SetServer]:
    with serving_set(questions) as found:
        yield found


@pytest.fixture
def judge_server() -> Iterator[ChatServer]:
    with serving() as found:
        yield found


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait is short; the others follow from it."""
    monkeypatch.setattr("askqa_builder.endpoint._FIRST_WAIT", 0.02)
