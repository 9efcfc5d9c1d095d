"""Where one process a device speaks and workers do the rest, a build ends as the local executor's does.

Whoever dies, hangs or is away meanwhile: the engine `apart` speaks with flite's kal16, so that its datasets can be
compared with those that flite makes in the workers.
"""

from __future__ import annotations

import copy
import gc
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
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
    is_worker,
    rejects,
    replicate,
    rows,
    run_askqa,
    samples,
    started_askqa,
    wait_until,
    workers_of,
    write_corpus,
)

from askqa_builder.build import speaker_executor
from askqa_builder.build.options import BuildOptions
from askqa_builder.build.recipe import Recipe, make_recipe
from askqa_builder.build.run import prepare
from askqa_builder.build.speaker import Speaker, SpeakingJob
from askqa_builder.build.speaker_executor import SpeakerExecutor
from askqa_builder.build.spool import Spool, read_pickled, write_pickled
from askqa_builder.speech.engine import Utterance

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


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def short_local(short: list[Item], quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The samples of the short conversations as flite speaks them in the workers."""
    folder = tmp_path_factory.mktemp("short-local")
    few = write_corpus(folder / "few_test.json", short)
    assert run_askqa("build", few, folder / "out", "--profiles", quick_profile, "--seed", "11").returncode == 0
    return samples(folder / "out")


@dataclass(frozen=True)
class Build:
    """A build that was run."""

    setup: Setup
    out: Path
    result: subprocess.CompletedProcess[str]


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
    result = setup.run(write_corpus(tmp_path / "all_test.json", items), out, "--workers", 2)
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


def test_killed_speakers_are_replaced(setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path) -> None:
    """While they start and while they speak, one of two or both."""
    rng = random.Random(3)
    out = tmp_path / "out"
    with setup.started(corpus, out, "--workers", "2", "--device", "cuda:0,1") as process:
        for kill in range(4):
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
    setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path
) -> None:
    items = json.loads(corpus.read_text("utf-8"))["data"]
    items.insert(13, marked(items[0], "markeraway"))
    whole, out = write_corpus(tmp_path / "whole_test.json", items), tmp_path / "out"
    failed = setup.run(whole, out, "--workers", 2)
    assert_one_line(failed, 1)
    assert "the server is away" in failed.stderr
    assert not live(setup.speakers())
    assert finished_blocks(out) >= 1
    assert not list((out / STATE / "blocks").glob("*.speech"))
    setup.forget()
    result = setup.run(whole, out, "--workers", 2)
    assert result.returncode == 0, result.stderr
    assert "done before" in result.stderr
    turns = {(row["conversation_id"], turn["text"]) for row in rows(out, "clarified") for turn in row["turns"]}
    turns |= {(row["conversation_id"], turn["text"]) for row in rows(out, "initial") for turn in row["turns"]}
    assert len(setup.events("speak")) < len(turns)
    assert {row: digest for row, digest in samples(out).items() if not row.startswith("marked-")} == local
    assert not leftovers(out)


def test_kills_and_interruptions_of_the_build_change_nothing(
    setup: Setup, corpus: Path, local: dict[str, str], tmp_path: Path
) -> None:
    """Ctrl-C, and the main process alone: nobody stays, and the next run goes on."""
    out = tmp_path / "out"
    for blocks, sent in ((0, signal.SIGINT), (1, signal.SIGKILL), (4, signal.SIGINT)):
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
            else:
                process.kill()
                process.wait()
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
    arguments = setup.arguments(corpus, out, "--limit", 5)
    failed = run_askqa(*arguments, env=setup.environment, shell_prefix="ulimit -f 1000;")
    assert_one_line(failed, 1)
    assert ".speech" in failed.stderr
    assert not list((out / STATE / "blocks").glob("*.speech"))
    assert run_askqa(*arguments, env=setup.environment).returncode == 0
    assert samples(out).items() < local.items()


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


def test_what_was_spoken_by_a_speaker_that_ended_is_kept(setup: Setup, inside: Recipe, tmp_path: Path) -> None:
    """It has answered and ended before anybody listened."""
    utterance = Utterance("Yes.", "kal16")
    write_pickled(tmp_path / "texts", {key: [utterance] for key in inside.engines})
    speaker = Speaker(inside, None)
    try:
        assert wait_until(lambda: speaker.receive() == [] and speaker.ready)
        speaker.send(SpeakingJob(7, 1.0, tmp_path / "texts", tmp_path / "speech"))
        assert wait_until(speaker.connection.poll)
        speaker.send(SpeakingJob(8, 1.0, tmp_path / "texts", tmp_path / "other"))
        live(setup.speakers())[0].kill()
        assert wait([speaker.sentinel], timeout=60)
        assert speaker.receive()[:1] == [7]
        with pytest.raises(EOFError):
            wait_until(lambda: 7 in speaker.receive())
    finally:
        assert "exit code -9" in speaker.stop()
    assert read_pickled(tmp_path / "speech")


def test_an_executor_holds_little_and_leaves_nothing(
    setup: Setup, inside: Recipe, corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Files of speech, open files and processes: also where speakers are killed. Outcomes may come in any order."""
    monkeypatch.setattr(speaker_executor, "_MOST_UNDER_WAY", 3)
    monkeypatch.setattr(speaker_executor, "_SPOKEN_PER_WORKER", 2)
    job = prepare(corpus, BuildOptions(profiles=str(setup.profile), seed=11))
    (tmp_path / "000900.speech").touch()  # of a build that was killed
    this = psutil.Process()
    opened, running = this.num_fds(), {child.pid for child in this.children(recursive=True)}
    run = SpeakerExecutor(job.recipe, Spool(tmp_path), 1).run(job.plan.blocks)
    indices, most = [], 0
    for outcome in run:
        indices.append(outcome.index)
        files = {path.name for path in tmp_path.glob("*.speech")}
        assert "000900.speech" not in files
        most = max(most, len(files))
        if len(indices) in (2, 5, 8):
            for speaker in live(setup.speakers()):
                speaker.kill()
    assert sorted(indices) == list(range(len(job.plan.blocks)))
    assert 2 <= most <= 2 + 3
    assert not list(tmp_path.glob("*.speech")) + list(tmp_path.glob("*.texts")) + list(tmp_path.glob(".*"))
    gc.collect()
    assert this.num_fds() <= opened
    assert {child.pid for child in this.children(recursive=True) if is_worker(child)} <= running


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
