"""The engine `apart` installed, and what flite makes of the same conversations in the workers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from apart_setup import Build, Setup, inserted
from harness import (
    Item,
    install_engine,
    replicate,
    run_askqa,
    samples,
    write_corpus,
)

from askqa_builder.build.options import BuildOptions
from askqa_builder.build.recipe import Recipe, make_recipe

ENGINE = Path(__file__).parent / "apart_engine.py"

STORY = "Mara polishes the lamp of the lighthouse every evening while her brother waits."


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on whose path the engine `apart` is installed."""
    site = tmp_path_factory.mktemp("apart-site")
    install_engine(site, ENGINE, "ApartEngine")
    return site


@pytest.fixture(scope="session")
def new_setup(site: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Setup]:
    """Make a setup that shares nothing with others."""

    def make() -> Setup:
        folder = tmp_path_factory.mktemp("apart")
        profile = folder / "apart.yaml"
        profile.write_text(quick_profile.read_text("utf-8").replace("engine: flite", "engine: apart"))
        path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))
        return Setup(folder, profile, {"PYTHONPATH": path, "APART_FOLDER": str(folder)})

    return make


@pytest.fixture
def setup(new_setup: Callable[[], Setup]) -> Setup:
    return new_setup()


@pytest.fixture
def inside(setup: Setup, site: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """The recipe of a build in this process, where the engine is installed too."""
    for name, value in setup.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(site)
    return make_recipe(BuildOptions(profiles=str(setup.profile), seed=11))


@pytest.fixture(scope="session")
def corpus(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-six conversations in about as many blocks."""
    items = replicate(json.loads(demo_file.read_text("utf-8"))["data"], 2)
    return write_corpus(tmp_path_factory.mktemp("corpora") / "apart_test.json", items)


@pytest.fixture(scope="session")
def local(corpus: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The samples of the corpus as flite speaks it in the workers."""
    out = tmp_path_factory.mktemp("datasets") / "local"
    arguments = ("build", corpus, out, "--profiles", quick_profile, "--shard-size", "5MB", "--seed", "11")
    assert run_askqa(*arguments).returncode == 0
    return samples(out)


@pytest.fixture(scope="session")
def short(demo_file: Path) -> list[Item]:
    """Short conversations, which share one block."""
    items = json.loads(demo_file.read_text("utf-8"))["data"][:5]
    return [{**item, "story": STORY, "history_turns": item["history_turns"][:1]} for item in items]


@pytest.fixture(scope="session")
def short_local(short: list[Item], quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The samples of the short conversations as flite speaks them in the workers."""
    folder = tmp_path_factory.mktemp("short-local")
    few = write_corpus(folder / "few_test.json", short)
    assert run_askqa("build", few, folder / "out", "--profiles", quick_profile, "--seed", "11").returncode == 0
    return samples(folder / "out")


@pytest.fixture(scope="session")
def hanging(
    new_setup: Callable[[], Setup], short: list[Item], corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Build]]]:
    """Builds that mostly wait for something that hangs, while the other tests go on."""
    folder = tmp_path_factory.mktemp("hanging")

    def build(source: Path, out: Path, **variables: str) -> Build:
        setup = new_setup()
        return Build(setup, out, setup.run(source, out, "--workers", 1, **variables))

    marked_one = write_corpus(folder / "marked_test.json", inserted(short[:2], "markerhang"))
    with ThreadPoolExecutor(2) as pool:
        yield {
            "text": pool.submit(build, marked_one, folder / "text"),
            "start": pool.submit(build, corpus, folder / "start", APART_START="hang once"),
        }
