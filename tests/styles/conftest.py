"""Small datasets, recognisers of emotions that cost nothing, and where it matters the real classes with tiny models."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "build"))
sys.path.insert(0, str(Path(__file__).parents[1] / "recognition"))

from harness import install_affect_recogniser

from askqa_builder import annotate, build

HERE = Path(__file__).parent

RECOGNISERS = ("loud", "bright")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on whose path the recognisers `loud` and `bright` are installed."""
    folder = tmp_path_factory.mktemp("affect-site")
    for name, kind in (("loud", "LoudRecogniser"), ("bright", "BrightRecogniser")):
        install_affect_recogniser(folder, HERE / f"{name}_affect_recogniser.py", kind)
    return folder


def _on_path(site: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")])))
    patch.syspath_prepend(site)


@pytest.fixture
def installed(site: Path) -> Iterator[None]:
    """Install them for this process and those it starts."""
    with pytest.MonkeyPatch.context() as patch:
        _on_path(site, patch)
        yield


@pytest.fixture(scope="session")
def small(demo_file: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of two shards and few rows, not annotated. Read it, never change it."""
    out = tmp_path_factory.mktemp("datasets") / "small"
    build(demo_file, out, profiles=str(quick_profile), seed=7, limit=2, workers=1)
    return out


@pytest.fixture
def small_copy(small: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(small, tmp_path / "small"))


@pytest.fixture(scope="session")
def annotated(small: Path, site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small dataset annotated by `loud` and `bright` without interruption. Read it, never change it."""
    out = Path(shutil.copytree(small, tmp_path_factory.mktemp("datasets") / "annotated"))
    with pytest.MonkeyPatch.context() as patch:
        _on_path(site, patch)
        annotate(out, RECOGNISERS, margin=0.5, workers=1)
    return out


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two classifiers and a model of dimensions, with random weights."""
    pytest.importorskip("transformers", reason="the affect extra is not installed")
    from tiny_affect import write_categories, write_dimensions

    folder = tmp_path_factory.mktemp("models")
    write_categories(folder / "one", ("neu", "hap", "ang", "sad"), seed=1)
    write_categories(folder / "two", ("sadness", "happiness", "anger", "neutral"), seed=2)
    write_dimensions(folder / "dimensions")
    return folder
