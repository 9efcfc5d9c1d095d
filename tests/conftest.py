"""Fixtures shared by all tests. The real corpus is not ours to ship: tests on it need it on disk."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys

if "PYTEST_XDIST_WORKER" in os.environ:  # a process for each core: more threads would get in each other's way
    os.environ.setdefault("OMP_NUM_THREADS", "1")

os.environ["ASKQA_CACHE"] = "none"  # a test that finds its speech in a cache has not shown how it is made

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# a run that a shell has put into the background ignores Ctrl-C, and so would all that the tests start and interrupt
signal.signal(signal.SIGINT, signal.default_int_handler)

DATA = Path(__file__).parent / "data"

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture
def install_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Installs what a page shows as a distribution, and returns the name that it registers.

    Takes the Python code of the package `my_package`, and the lines of its pyproject.toml with one entry point.
    """

    def install(code: str, points: str) -> str:
        group, name, value = re.findall(r'entry-points\."([\w.]+)"\]\s+([\w-]+) = "(.*)"', points)[0]
        site = tmp_path / "site"
        info = site / "documented-1.0.dist-info"
        info.mkdir(parents=True)
        (site / "my_package.py").write_text(code, "utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: documented\nVersion: 1.0\n", "utf-8")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {value}\n", "utf-8")
        monkeypatch.delitem(sys.modules, "my_package", raising=False)  # of another page
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")  # for workers
        return str(name)

    return install


@pytest.fixture(scope="session")
def demo_file() -> Path:
    """Thirteen conversations written for these tests, in Abg-CoQA's format; six are ambiguous."""
    return DATA / "demo_test.json"


@pytest.fixture
def demo_items(demo_file: Path) -> list[dict[str, Any]]:
    """The items of the demo file, parsed afresh: a test may change them."""
    items: list[dict[str, Any]] = json.loads(demo_file.read_text(encoding="utf-8"))["data"]
    return items


@pytest.fixture(scope="session")
def abg_coqa_folder() -> Path:
    """The folder with Abg-CoQA's own files that ASKQA_ABG_COQA names."""
    folder = os.environ.get("ASKQA_ABG_COQA")
    if not folder:
        pytest.skip("ASKQA_ABG_COQA does not name a folder with Abg-CoQA")
    return Path(folder)


@pytest.fixture(scope="session")
def quick_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile set of flite's fastest voice alone: 1,400 times real time, for tests of anything but voices."""
    role = "{voices: [kal16], rate: [lognormal, 1.0, 0.08], pitch: [normal, 0.0, 1.0]}"
    path = tmp_path_factory.mktemp("profiles") / "quick.yaml"
    path.write_text(
        f"engine: flite\ndemo: true\nroles: {{narrator: {role}, user: {role}, assistant: {role}}}\n"
        "distinct_voices: false\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def engine_profile(quick_profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, str], Path]:
    """Install an engine (module, class) for this process and its workers; a profile set by which it speaks."""

    def install(module: Path, kind: str) -> Path:
        from harness import install_engine

        site, name = tmp_path / "site", module.stem.removesuffix("_engine")
        site.mkdir()
        install_engine(site, module, kind)
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")])))
        path = tmp_path / f"{name}.yaml"
        path.write_text(quick_profile.read_text("utf-8").replace("engine: flite", f"engine: {name}"), "utf-8")
        return path

    return install


@pytest.fixture(scope="session")
def demo_dataset(demo_file: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo file as a finished dataset, both configurations, 16 kHz FLAC. Read it, never change it."""
    from askqa_builder import build

    out = tmp_path_factory.mktemp("datasets") / "demo"
    build(demo_file, out, profiles=str(quick_profile), seed=7, workers=1)
    return out


@pytest.fixture(scope="session")
def styled_dataset(demo_file: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo file in which each turn of the user has a style, and no other turn. Read it, never change it."""
    from askqa_builder import build

    folder = tmp_path_factory.mktemp("styled")
    head, tail = quick_profile.read_text("utf-8").split(", user: {", 1)
    styled = f"{head}, user: {{styles: [neutral, lively, subdued], {tail}"
    (folder / "styled.yaml").write_text(styled, "utf-8")
    build(demo_file, folder / "demo", profiles=str(folder / "styled.yaml"), seed=7, workers=1)
    return folder / "demo"


@pytest.fixture(scope="session")
def annotated_dataset(styled_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It, with windows of story and user as recognisers might have labelled them, which agree in none of the
    assistant's. Read it, never change it."""
    from annotated_rows import annotate_by_hand

    out = tmp_path_factory.mktemp("annotated") / "demo"
    shutil.copytree(styled_dataset, out)
    annotate_by_hand(out)
    return out


@pytest.fixture(scope="session")
def random_vits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoint of a small VITS with random weights and 109 speakers, read and written by Coqui's own classes."""
    pytest.importorskip("coqpit", reason="the coqui extra is not installed")
    from askqa_builder.speech.engines.coqui.library import require_coqui

    require_coqui()
    from random_vits import write_random_vits

    return write_random_vits(tmp_path_factory.mktemp("vits"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, steered by Playwright. Without it tests are left out, or fail if ASKQA_BROWSER is `required`."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        assert os.environ.get("ASKQA_BROWSER") != "required", "chromium is not installed"
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=found, args=list(_OPTIONS))
        yield chromium
        chromium.close()
