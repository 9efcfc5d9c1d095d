"""Datasets to be spoilt."""

from __future__ import annotations

from pathlib import Path

import pytest

from askqa_builder import build


@pytest.fixture(scope="session")
def espeak_dataset(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo file in the shipped espeak set's eighteen voices, each heard a few times only."""
    pytest.importorskip("espeakng_loader")
    out = tmp_path_factory.mktemp("datasets") / "espeak"
    build(demo_file, out, profiles="espeak", seed=3, workers=1, renditions=2)
    return out


@pytest.fixture(scope="session")
def small_dataset(demo_file: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first conversations of the demo file, of which one is not ambiguous: for faults that show in one row."""
    out = tmp_path_factory.mktemp("datasets") / "small"
    build(demo_file, out, profiles=str(quick_profile), seed=7, limit=3, workers=1)
    return out
