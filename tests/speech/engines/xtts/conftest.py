"""A small XTTS with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from askqa_builder.speech.engines.coqui.xtts_engine import XttsEngine


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_xtts import write_tiny_xtts

    return write_tiny_xtts(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def engine(folder: Path) -> XttsEngine:
    from askqa_builder.speech.engines.coqui.xtts_engine import XttsEngine

    return XttsEngine(model_path=str(folder))


@pytest.fixture(scope="session")
def endless(tmp_path_factory: pytest.TempPathFactory) -> XttsEngine:
    """An engine whose model never ends by itself."""
    from tiny_xtts import write_tiny_xtts

    from askqa_builder.speech.engines.coqui.xtts_engine import XttsEngine

    return XttsEngine(model_path=str(write_tiny_xtts(tmp_path_factory.mktemp("models") / "endless", stop=0.0)))
