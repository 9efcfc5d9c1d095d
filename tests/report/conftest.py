"""Datasets to look at, and a browser to look with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("build", "verify")]

from harness import write_corpus  # noqa: E402
from mutations import Row  # noqa: E402 - now, since tests of the corpus have a module of the same name
from styling import STYLED, add_styles  # noqa: E402
from tab import Tab  # noqa: E402
from whole_rows import whole_rows  # noqa: E402

from askqa_builder import build, report  # noqa: E402
from askqa_builder.cli.app import run  # noqa: E402
from askqa_builder.report.serve import ReportServer  # noqa: E402

Run = Callable[..., subprocess.CompletedProcess[str]]


def _spoken(items: list[dict[str, Any]], folder: Path, seed: int) -> Path:
    corpus = write_corpus(folder / "some_test.json", items)
    build(corpus, folder / "dataset", profiles="flite", seed=seed, workers=2)
    return folder / "dataset"


@pytest.fixture(scope="session")
def voiced(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five conversations, two of them ambiguous, in flite's four voices. Read it, never change it."""
    return _spoken(json.loads(demo_file.read_text("utf-8"))["data"][:5], tmp_path_factory.mktemp("voiced"), seed=3)


@pytest.fixture(scope="session")
def recast(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of those conversations in another cast. Read it, never change it."""
    return _spoken(json.loads(demo_file.read_text("utf-8"))["data"][:3], tmp_path_factory.mktemp("recast"), seed=4)


@pytest.fixture(scope="session")
def filled(demo_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirteen conversations whose columns tell of styles and emotions that nobody spoke. Read it, never change it."""
    return add_styles(Path(shutil.copytree(demo_dataset, tmp_path_factory.mktemp("filled") / "dataset")))


@pytest.fixture(scope="session")
def styled(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirteen conversations in which user and assistant speak in three styles. Read it, never change it."""
    folder = tmp_path_factory.mktemp("styled")
    (folder / "styled.yaml").write_text(STYLED, "utf-8")
    build(demo_file, folder / "dataset", profiles=str(folder / "styled.yaml"), seed=5, workers=1)
    return folder / "dataset"


@pytest.fixture
def changeable(voiced: Path, tmp_path: Path) -> Path:
    """A copy of the five conversations to change."""
    return Path(shutil.copytree(voiced, tmp_path / "changeable"))


@pytest.fixture
def askqa(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")

    def run_here(*arguments: object) -> subprocess.CompletedProcess[str]:
        code = run([str(argument) for argument in arguments])
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run_here


@pytest.fixture(scope="session")
def own_page(voiced: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page of one file."""
    out = tmp_path_factory.mktemp("report") / "page.html"
    report(voiced, out)
    return out.as_uri()


@pytest.fixture(scope="session")
def served_page(voiced: Path) -> Iterator[str]:
    """The address of a server of the same dataset."""
    with ReportServer(voiced) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.address
        server.shutdown()


@pytest.fixture(params=["own_page", "served_page"])
def address(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def tab(browser: Any, address: str) -> Iterator[Tab]:
    """A page on which nothing may go wrong."""
    tab = Tab(browser, address)
    yield tab
    tab.context.close()
    assert tab.complaints == []


@pytest.fixture(scope="session")
def rows(voiced: Path) -> list[Row]:
    return whole_rows(voiced)
