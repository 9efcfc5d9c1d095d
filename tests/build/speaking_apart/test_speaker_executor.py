"""Where one process a device speaks and workers do the rest, a build ends as the local executor's does.

The engine `apart` speaks with flite's kal16, so that its datasets can be compared with those that flite makes in the
workers.
"""

from __future__ import annotations

import re
from concurrent.futures import Future
from pathlib import Path

import pytest
from apart_setup import Build, Setup, inserted, leftovers, live
from harness import (
    Item,
    assert_one_line,
    finished_blocks,
    rejects,
    run_askqa,
    samples,
    write_corpus,
)


@pytest.mark.parametrize(("workers", "devices"), [(1, None), (3, "cuda:0,1")])
def test_the_dataset_is_the_local_executor_s(
    setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path, workers: int, devices: str | None
) -> None:
    out = tmp_path / "out"
    device = ["--device", devices] if devices else []
    result = setup.run(corpus, out, "--workers", workers, *device)
    assert result.returncode == 0, result.stderr
    assert samples(out) == local
    assert not leftovers(out)
    assert len(setup.speakers()) == len({where for _, where, *_ in setup.events("start")}) == (2 if devices else 1)
    spoken = setup.events("speak")
    assert {process for process, *_ in spoken} == {str(speaker) for speaker in setup.speakers()}
    assert not setup.events("unprepared")


def test_a_build_of_one_block(
    setup: Setup, short: list[Item], short_local: dict[str, str], hanging: dict[str, Future[Build]], tmp_path: Path
) -> None:
    few, out = write_corpus(tmp_path / "few_test.json", short), tmp_path / "out"
    assert setup.run(few, out).returncode == 0
    assert samples(out) == short_local


def test_each_failure_rejects_its_own_item(
    setup: Setup, short: list[Item], short_local: dict[str, str], tmp_path: Path
) -> None:
    """The markers come in the middle of one block; `once` only costs another try, and the last two nothing at all."""
    harmless = ("markeronce", "prepareraise", "markerchild")
    items = inserted(short, "markerraise", "markerkill", "markererror", *harmless)
    out = tmp_path / "out"
    result = setup.run(write_corpus(tmp_path / "all_test.json", items), out)
    assert result.returncode == 3, result.stderr
    assert "Traceback" not in result.stderr
    told = {reject["id"]: (reject["reason"], reject["detail"]) for reject in rejects(out)}
    assert list(told) == ["marked-markerraise", "marked-markerkill", "marked-markererror"]
    assert "lost its voice" in told["marked-markerraise"][1]
    assert told["marked-markerkill"][0] == "engine_crashed"
    assert "exit code -9" in told["marked-markerkill"][1]
    spoken = samples(out)
    assert {row: digest for row, digest in spoken.items() if not row.startswith("marked-")} == short_local
    assert {row.partition("#")[0] for row in spoken if row.startswith("marked-")} == {f"marked-{m}" for m in harmless}
    assert not leftovers(out)


def test_texts_that_end_a_worker(setup: Setup, short: list[Item], tmp_path: Path) -> None:
    """While it prepares the text, and while it finishes the speech."""
    out = tmp_path / "out"
    items = inserted(short[:2], "preparekill", "markerdeadly")
    result = setup.run(write_corpus(tmp_path / "all_test.json", items), out)
    assert result.returncode == 3, result.stderr
    assert [reject["id"] for reject in rejects(out)] == ["marked-preparekill", "marked-markerdeadly"]
    assert {reject["reason"] for reject in rejects(out)} == {"engine_crashed"}


def test_prepared_texts_that_cannot_leave_their_worker(setup: Setup, short: list[Item], tmp_path: Path) -> None:
    items = inserted(short[:1], "preparelambda")
    failed = setup.run(write_corpus(tmp_path / "all_test.json", items), tmp_path / "out")
    assert_one_line(failed, 1)
    assert "pickle" in failed.stderr


def test_an_engine_that_ends_its_process_politely(setup: Setup, short: list[Item], tmp_path: Path) -> None:
    """As in the workers: a build must not end as if it were done."""
    items = inserted(short[:1], "markerexit")
    assert_one_line(setup.run(write_corpus(tmp_path / "all_test.json", items), tmp_path / "out"), 1)


def test_an_engine_that_always_ends_rejects_no_text(setup: Setup, short: list[Item], tmp_path: Path) -> None:
    """It is the machine's fault, not the texts'."""
    few, out = write_corpus(tmp_path / "few_test.json", short[:1]), tmp_path / "out"
    failed = setup.run(few, out, APART_SPEAK="die")
    assert_one_line(failed, 1)
    assert "exit code -9" in failed.stderr
    assert not finished_blocks(out)


@pytest.mark.parametrize(
    ("way", "code", "told"),
    [("die", 1, "exit code -9"), ("raise", 2, "no licence"), ("exit", 1, "SystemExit")],
)
def test_a_speaker_that_does_not_start(
    setup: Setup, short: list[Item], tmp_path: Path, way: str, code: int, told: str
) -> None:
    few = write_corpus(tmp_path / "few_test.json", short)
    failed = setup.run(few, tmp_path / "out", APART_START=way)
    assert_one_line(failed, code)
    assert told in failed.stderr
    assert len(setup.speakers()) <= 6
    assert not live(setup.speakers())


def test_another_engine_beside_one_that_speaks_apart(
    setup: Setup, corpus: Path, quick_profile: Path, tmp_path: Path
) -> None:
    """The speaker's threads take turns with one that need not bear both at once."""
    narrator = "roles: {narrator: {engine: espeak, voices: [en-us+f1], pitch: 0},"
    profiles = []
    for profile in (setup.profile, quick_profile):
        text = re.sub(r"roles: \{narrator: \{.*?\},", narrator, profile.read_text("utf-8"))
        profiles.append(tmp_path / f"{profile.stem}.yaml")
        profiles[-1].write_text(text)
    apart, local = tmp_path / "apart", tmp_path / "local"
    more = ("--seed", "11", "--sample-rate", "16000", "--limit", "13")
    for profile, out in zip(profiles, (apart, local), strict=True):
        result = run_askqa("build", corpus, out, "--profiles", profile, *more, env=setup.environment)
        assert result.returncode == 0, result.stderr
    assert samples(apart) == samples(local)
