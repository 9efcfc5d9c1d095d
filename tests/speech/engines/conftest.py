"""A speech server for the engines that need one; builds with them use the harness of the builds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from speech_server import SpeechServer, serving

sys.path.insert(0, str(Path(__file__).parents[2] / "build"))


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    with serving() as found:
        yield found
