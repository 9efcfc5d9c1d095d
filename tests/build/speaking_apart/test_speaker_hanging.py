"""Who hangs while one process a device speaks is ended and replaced."""

from __future__ import annotations

from concurrent.futures import Future

from apart_setup import Build, live
from harness import (
    rejects,
    samples,
)


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
