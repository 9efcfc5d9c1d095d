"""A dataset of thirty conversations, and servers that answer about them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "chat"))
sys.path.insert(0, str(Path(__file__).parents[2] / "build"))
sys.path.insert(0, str(Path(__file__).parent))

from harness import write_corpus
from listening_server import ListeningServer, listening
from run_files import write_model
from thirty_conversations import THIRTY, corpus


@pytest.fixture(scope="session")
def thirty(quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The thirty conversations as a finished dataset. Read it, never change it."""
    from askqa_builder import build

    folder = tmp_path_factory.mktemp("thirty")
    build(
        write_corpus(folder / "thirty_test.json", corpus()), folder / "thirty", profiles=str(quick_profile), workers=1
    )
    return folder / "thirty"


@pytest.fixture
def server(thirty: Path) -> Iterator[ListeningServer]:
    with listening(thirty, THIRTY) as found:
        yield found


@pytest.fixture
def model_file(server: ListeningServer, tmp_path: Path) -> Path:
    return write_model(tmp_path / "model.yaml", server)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait is short; the others follow from it, and the servers' wishes are granted all the same."""
    monkeypatch.setattr("askqa_builder.endpoint._FIRST_WAIT", 0.02)
