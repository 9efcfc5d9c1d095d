"""Where one process a device speaks and workers do the rest, a build ends as the local executor's does.

Whoever dies, hangs or is away meanwhile: the engine `apart` speaks with flite's kal16, so that its datasets can be
compared with those that flite makes in the workers.
"""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from harness import (
    STATE,
    Item,
    assert_one_line,
    digests,
    finished_blocks,
    is_gone,
    kill_group,
    rejects,
    replicate,
    run_askqa,
    samples,
    started_askqa,
    wait_until,
    workers_of,
    write_corpus,
)

ENGINE = Path(__file__).parent / "apart_engine.py"

STORY = "Mara polishes the lamp of the lighthouse every evening while her brother waits."


@dataclass(frozen=True)
class Setup:
    """A profile set of the engine `apart` in a folder of its own, and how to build with it."""

    folder: Path
    profile: Path
    environment: dict[str, str]

    def arguments(self, corpus: Path, out: Path, *more: object) -> list[object]:
        return ["build", corpus, out, "--profiles", self.profile, "--shard-size", "5MB", "--seed", "11", *more]

    def run(self, corpus: Path, out: Path, *more: object, **variables: str) -> subprocess.CompletedProcess[str]:
        return run_askqa(*self.arguments(corpus, out, *more), env={**self.environment, **variables})

    @contextmanager
    def started(self, corpus: Path, out: Path, *more: object) -> Iterator[subprocess.Popen[str]]:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            with started_askqa(*self.arguments(corpus, out, *more)) as process:
                yield process

    def events(self, kind: str) -> list[list[str]]:
        """What the engine wrote to its log of one kind: process, device and text."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.split("\t")[1:] for line in lines if line.startswith(f"{kind}\t")]

    def speakers(self) -> list[int]:
        """The speaking processes that were started so far, also those that are gone."""
        return [int(process) for process, *_ in self.events("start")]

    def forget(self) -> None:
        """Remove the log."""
        (self.folder / "log").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on whose path the engine `apart` is installed."""
    site = tmp_path_factory.mktemp("apart-site")
    shutil.copy(ENGINE, site)
    info = site / "apart_engine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: apart-engine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[askqa_builder.engines]\napart = apart_engine:ApartEngine\n")
    return site


@pytest.fixture
def setup(site: Path, quick_profile: Path, tmp_path: Path) -> Setup:
    folder = tmp_path / "engine"
    folder.mkdir()
    profile = folder / "apart.yaml"
    profile.write_text(quick_profile.read_text("utf-8").replace("engine: flite", "engine: apart"))
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))
    return Setup(folder, profile, {"PYTHONPATH": path, "APART_FOLDER": str(folder)})


@pytest.fixture(scope="module")
def corpus(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-six conversations in about as many blocks."""
    items = replicate(json.loads(demo_file.read_text("utf-8"))["data"], 2)
    return write_corpus(tmp_path_factory.mktemp("corpora") / "apart_test.json", items)


@pytest.fixture(scope="module")
def local(corpus: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The samples of the corpus as flite speaks it in the workers."""
    out = tmp_path_factory.mktemp("datasets") / "local"
    arguments = ("build", corpus, out, "--profiles", quick_profile, "--shard-size", "5MB", "--seed", "11")
    assert run_askqa(*arguments).returncode == 0
    return samples(out)


@pytest.fixture(scope="module")
def short(demo_file: Path) -> list[Item]:
    """Short conversations, which share one block."""
    items = json.loads(demo_file.read_text("utf-8"))["data"][:5]
    return [{**item, "story": STORY, "history_turns": item["history_turns"][:1]} for item in items]


def marked(item: Item, marker: str) -> Item:
    item = copy.deepcopy(item)
    item["id"] = f"marked-{marker}"
    item["target_turn"]["question"] = f"What did {marker} do?"
    return item


def inserted(items: Sequence[Item], *markers: str) -> list[Item]:
    """Items with marked ones after the first, the second and so on."""
    items = list(items)
    for place, marker in enumerate(markers):
        items.insert(1 + 2 * place, marked(items[0], marker))
    return items


def leftovers(out: Path) -> list[str]:
    """Files in a finished dataset that belong to no dataset."""
    return [path for path in digests(out) if path.startswith(".") or path.endswith((".speech", ".texts"))]


def left_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def live(pids: Sequence[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        try:
            found.append(psutil.Process(pid))
        except psutil.NoSuchProcess:
            continue
    return [process for process in found if not is_gone(process)]


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


def test_a_build_of_one_block(setup: Setup, short: list[Item], quick_profile: Path, tmp_path: Path) -> None:
    few = write_corpus(tmp_path / "few_test.json", short)
    assert setup.run(few, tmp_path / "apart").returncode == 0
    assert run_askqa("build", few, tmp_path / "local", "--profiles", quick_profile, "--seed", "11").returncode == 0
    assert samples(tmp_path / "apart") == samples(tmp_path / "local")


def test_each_failure_rejects_its_own_item(setup: Setup, short: list[Item], tmp_path: Path) -> None:
    """The markers come in the middle of one block; `once` only costs another try."""
    items = inserted(short, "markerraise", "markerkill", "markererror", "markeronce", "prepareraise")
    out, rest = tmp_path / "out", tmp_path / "rest"
    assert setup.run(write_corpus(tmp_path / "rest_test.json", short), rest).returncode == 0
    result = setup.run(write_corpus(tmp_path / "all_test.json", items), out)
    assert result.returncode == 3, result.stderr
    assert "Traceback" not in result.stderr
    told = {reject["id"]: (reject["reason"], reject["detail"]) for reject in rejects(out)}
    assert list(told) == ["marked-markerraise", "marked-markerkill", "marked-markererror"]
    assert "lost its voice" in told["marked-markerraise"][1]
    assert told["marked-markerkill"][0] == "engine_crashed"
    assert "exit code -9" in told["marked-markerkill"][1]
    spoken = {row: digest for row, digest in samples(out).items() if not row.startswith("marked-")}
    assert spoken == samples(rest)
    assert {row.partition("#")[0] for row in samples(out)} >= {"marked-markeronce", "marked-prepareraise"}
    assert not leftovers(out)


def test_a_text_that_hangs_its_engine(setup: Setup, short: list[Item], tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = setup.run(write_corpus(tmp_path / "all_test.json", inserted(short[:2], "markerhang")), out)
    assert result.returncode == 3, result.stderr
    assert [(reject["id"], reject["reason"]) for reject in rejects(out)] == [("marked-markerhang", "engine_crashed")]
    assert "no answer in time" in rejects(out)[0]["detail"]
    assert not live(setup.speakers())


def test_a_text_that_ends_a_worker(setup: Setup, short: list[Item], tmp_path: Path) -> None:
    """What is done of the engine's work before it speaks is done in a worker."""
    out = tmp_path / "out"
    items = inserted(short, "preparekill", "markerkill")
    result = setup.run(write_corpus(tmp_path / "all_test.json", items), out, "--workers", 2)
    assert result.returncode == 3, result.stderr
    assert [reject["id"] for reject in rejects(out)] == ["marked-preparekill", "marked-markerkill"]
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


def test_an_engine_with_processes_of_its_own(setup: Setup, short: list[Item], tmp_path: Path) -> None:
    out = tmp_path / "out"
    items = inserted(short[:1], "markerchild")
    assert setup.run(write_corpus(tmp_path / "all_test.json", items), out).returncode == 0
    assert not rejects(out)


def test_an_engine_that_always_ends_rejects_no_text(setup: Setup, short: list[Item], tmp_path: Path) -> None:
    """It is the machine's fault, not the texts'."""
    few, out = write_corpus(tmp_path / "few_test.json", short[:2]), tmp_path / "out"
    failed = setup.run(few, out, APART_SPEAK="die")
    assert_one_line(failed, 1)
    assert "exit code -9" in failed.stderr
    assert setup.run(few, out).returncode == 0
    assert not rejects(out)


@pytest.mark.parametrize(
    ("way", "code", "told"),
    [("die", 1, "exit code -9"), ("raise", 2, "no licence"), ("memory", 1, "MemoryError"), ("exit", 1, "SystemExit")],
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


def test_a_speaker_that_hangs_at_its_start(setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path) -> None:
    """It takes nothing from its pipe meanwhile, and what waits for it is more than a pipe holds."""
    out = tmp_path / "out"
    result = setup.run(corpus, out, APART_START="hang once")
    assert result.returncode == 0, result.stderr
    assert len(setup.speakers()) == 2
    assert samples(out) == local


def test_killed_speakers_are_replaced(setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path) -> None:
    """While they start and while they speak, one of two or both."""
    rng = random.Random(3)
    out = tmp_path / "out"
    with setup.started(corpus, out, "--workers", "2", "--device", "cuda:0,1") as process:
        for kill in range(6):
            assert wait_until(lambda: len(live(setup.speakers())) == 2 or process.poll() is not None)
            time.sleep(rng.uniform(0.0, 0.3))
            for speaker in live(setup.speakers())[: 1 + kill % 2]:
                speaker.kill()
        _, stderr = process.communicate(timeout=240)
    assert process.returncode == 0, stderr
    assert "Traceback" not in stderr
    assert samples(out) == local
    assert not rejects(out)
    assert not leftovers(out)
    assert not live(setup.speakers())


def test_killed_workers_are_replaced(setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path) -> None:
    """While they start, while they work, and all at once; speakers go on."""
    rng = random.Random(4)
    out = tmp_path / "out"

    def workers() -> list[psutil.Process]:
        return [worker for worker in workers_of(process.pid) if worker.pid not in setup.speakers()]

    with setup.started(corpus, out, "--workers", "2") as process:
        for kill in range(6):
            assert wait_until(lambda: len(workers()) >= 2 or process.poll() is not None)
            time.sleep(rng.uniform(0.0, 0.8))
            victims = workers()[: 1 + kill % 2]
            for worker in victims + (live(setup.speakers()) if kill == 5 else []):
                worker.kill()
        _, stderr = process.communicate(timeout=240)
    assert process.returncode == 0, stderr
    assert "Traceback" not in stderr
    assert samples(out) == local
    assert not leftovers(out)


def test_an_engine_that_is_away_keeps_what_was_spoken(
    setup: Setup, corpus: Path, quick_profile: Path, tmp_path: Path
) -> None:
    items = json.loads(corpus.read_text("utf-8"))["data"]
    items.insert(13, marked(items[0], "markeraway"))
    whole, out = write_corpus(tmp_path / "whole_test.json", items), tmp_path / "out"
    failed = setup.run(whole, out, "--workers", 2)
    assert_one_line(failed, 1)
    assert "the server is away" in failed.stderr
    assert not live(setup.speakers())
    kept = finished_blocks(out)
    assert kept >= 2
    assert not list((out / STATE / "blocks").glob("*.speech"))
    spoken = len(setup.events("speak"))
    setup.forget()
    result = setup.run(whole, out, "--workers", 2)
    assert result.returncode == 0, result.stderr
    assert "done before" in result.stderr
    again = len(setup.events("speak"))
    arguments = ("build", whole, tmp_path / "local", "--profiles", quick_profile, "--seed", "11")
    assert run_askqa(*arguments).returncode == 0
    assert samples(out) == samples(tmp_path / "local")
    setup.forget()
    assert setup.run(whole, tmp_path / "fresh", "--workers", 2).returncode == 0
    total = len(setup.events("speak"))
    assert again < total <= spoken + again
    assert digests(tmp_path / "fresh") == digests(out)


def test_kills_and_interruptions_of_the_build_change_nothing(
    setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path
) -> None:
    """The main process alone, all at once, and Ctrl-C: nobody stays, and the next run goes on."""
    out = tmp_path / "out"
    for blocks, sent in ((0, signal.SIGINT), (1, signal.SIGKILL), (3, None), (6, signal.SIGINT), (9, signal.SIGKILL)):
        setup.forget()
        with setup.started(corpus, out, "--workers", "2") as process:
            assert wait_until(lambda: setup.speakers() != [] or process.poll() is not None)
            assert wait_until(lambda: finished_blocks(out) >= blocks or process.poll() is not None)  # noqa: B023
            assert process.poll() is None, "the corpus is too small: the build was done too early"
            started = left_of(process)
            if sent is signal.SIGINT:
                os.killpg(process.pid, signal.SIGINT)
                stdout, stderr = process.communicate(timeout=60)
                assert process.returncode == 130, stderr
                assert stdout == ""
                assert [line for line in stderr.splitlines() if line.startswith("askqa: ")] == stderr.splitlines()[-1:]
                assert "Traceback" not in stderr
            elif sent is signal.SIGKILL:
                process.kill()
                process.wait()
            else:
                kill_group(process)
            assert wait_until(lambda: all(map(is_gone, started)), 30)  # noqa: B023
            if sent is signal.SIGKILL:
                assert process.stderr is not None
                assert "Traceback" not in process.stderr.read()
    result = setup.run(corpus, out, "--workers", 2)
    assert result.returncode == 0, result.stderr
    assert samples(out) == local
    assert not leftovers(out)


def test_a_full_disk_where_speech_is_left(setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    failed = run_askqa(*setup.arguments(corpus, out), env=setup.environment, shell_prefix="ulimit -f 1000;")
    assert_one_line(failed, 1)
    assert ".speech" in failed.stderr
    assert setup.run(corpus, out).returncode == 0
    assert samples(out) == local


def test_what_is_spoken_waits_for_the_workers(
    setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path
) -> None:
    """A speaker is far ahead of one worker, but not further than is meant."""
    out = tmp_path / "out"
    spool = out / STATE / "blocks"
    spool.mkdir(parents=True)
    for stale in (900, 901):  # of a build that was killed
        (spool / f"{stale:06d}.speech").touch()
    most = Counter[str]()
    with setup.started(corpus, out, "--workers", "1") as process:
        while process.poll() is None:
            for ending in ("speech", "texts"):
                most[ending] = max(most[ending], len(list(spool.glob(f"*.{ending}"))))
            time.sleep(0.005)
        _, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert most["speech"] <= 3 + 16
    assert samples(out) == local
