"""Who hangs while one process a device speaks is ended and replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from apart_setup import Build, Setup, inserted, live
from harness import (
    Item,
    rejects,
    samples,
    write_corpus,
)


@pytest.fixture(scope="module")
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


def test_a_text_that_hangs_its_engine(hanging: dict[str, Future[Build]]) -> None:
    build = hanging["text"].result()
    assert build.result.returncode == 3, build.result.stderr
    rejected = rejects(build.out)
    assert [(reject["id"], reject["reason"]) for reject in rejected] == [("marked-markerhang", "engine_crashed")]
    assert "no answer in time" in rejected[0]["detail"]
    assert not live(build.setup.speakers())


def test_a_speaker_that_hangs_at_its_start(hanging: dict[str, Future[Build]], local: dict[str, str]) -> None:
    """It takes nothing from its pipe meanwhile, and the texts that wait for it are more than a pipe holds."""
    build = hanging["start"].result()
    assert build.result.returncode == 0, build.result.stderr
    assert len(build.setup.speakers()) >= 2
    assert samples(build.out) == local
