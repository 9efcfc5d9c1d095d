"""The same build by the local executor and on Ray: same bytes, at what cost; and with actors and driver killed."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from askqa_builder.dataset.manifest import read_manifest, shard_records
from askqa_builder.dataset.statistics import summarise

from common import corpus, corpus_name, table

ASKQA = Path(sys.executable).with_name("askqa")
CONVERSATIONS = 120
FEW = 20
ACTORS_KILLED = 3
DRIVER_KILLED = 2
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Run:
    """What a command took. wall, cpu: seconds, the latter of all processes it started. memory: most at once, bytes."""

    wall: float
    cpu: float
    memory: int


def main() -> None:
    """Print two tables."""
    rng = random.Random(0)
    print("### Local and Ray\n")
    print(f"`askqa build --profiles flite` on conversations of {corpus_name()}, start-up included, Ray started by the")
    print("build on the same machine. Memory: of all processes, shared pages counted once for each.\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows: list[tuple[object, ...]] = []
        for count, workers in ((1, 1), (FEW, 1), (FEW, 2)):
            source = corpus(folder, count)
            outs = {}
            for executor in ("local", "ray"):
                outs[executor] = folder / f"{executor}-{count}-{workers}"
                run = _run(_command(source, outs[executor], executor, workers))
                hours = _hours(outs[executor])
                rows.append((executor, workers, count, *_shown(run, hours)))
            _assert_same(outs["local"], outs["ray"])
        table(
            [
                "executor",
                "workers",
                "conversations",
                "wall s",
                "× real time",
                "core seconds an hour of audio",
                "memory",
            ],
            rows,
        )
        source = corpus(folder, CONVERSATIONS)
        undisturbed, out = folder / "undisturbed", folder / "disturbed"
        local = _run(_command(source, undisturbed, "local", 2))
        command = _command(source, out, "ray", 2)
        begun = time.perf_counter()
        killed = _disturb(command, out, rng)
        _run(command)
        wall = time.perf_counter() - begun
        _assert_same(undisturbed, out)
    print(
        f"{CONVERSATIONS} conversations by two workers: {local.wall:.0f} s locally; {wall:.0f} s on Ray with {killed}"
    )
    print(
        f"actors killed at random and the build itself killed {DRIVER_KILLED} times and resumed, each time with a new"
    )
    print("start of Ray. The bytes of every file are the same; so are those of all pairs above.")


def _command(source: Path, out: Path, executor: str, workers: int) -> list[str]:
    options = ("--profiles", "flite", "--workers", workers, "--executor", executor, "--cache", "none")
    return [str(word) for word in (ASKQA, "build", source, out, *options)]


def _run(command: list[str], watch: Callable[[psutil.Process], bool] = lambda _: True) -> Run:
    """Run a command and sample what its processes take; watch: tells whether it may go on, else it is killed."""
    begun = time.perf_counter()
    cpu: dict[int, float] = {}
    memory = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        process = psutil.Process(started.pid)
        while started.poll() is None:
            resident = 0
            for one in _family(process):
                try:
                    times = one.cpu_times()
                    cpu[one.pid] = times.user + times.system
                    resident += one.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            memory = max(memory, resident)
            if not watch(process):
                started.kill()
                break
            time.sleep(POLL_SECONDS)
        else:
            if started.returncode != 0:
                raise RuntimeError(f"{' '.join(command)}: {(started.communicate()[1] or b'').decode()}")
    return Run(time.perf_counter() - begun, sum(cpu.values()), memory)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _disturb(command: list[str], out: Path, rng: random.Random) -> int:
    """Build, killing actors at random moments and the driver in between; return how many actors were killed."""
    killed = 0
    for place in range(DRIVER_KILLED):
        begun = _blocks(out)
        driver_at = begun + rng.randint(8, 14)
        wanted = (ACTORS_KILLED + 1) // 2 if place == 0 else ACTORS_KILLED - killed
        moments = sorted(rng.sample(range(begun + 1, driver_at), wanted))

        def watch(process: psutil.Process, moments: list[int] = moments, driver_at: int = driver_at) -> bool:
            nonlocal killed
            if moments and _blocks(out) >= moments[0]:
                actors = [one for one in _family(process) if _is_actor(one)]
                if actors:
                    rng.choice(actors).kill()
                    moments.pop(0)
                    killed += 1
            return _blocks(out) < driver_at or bool(moments)

        _run(command, watch)
    return killed


def _is_actor(process: psutil.Process) -> bool:
    try:
        return "ray::Maker" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def _blocks(out: Path) -> int:
    return len(list((out / ".askqa" / "blocks").glob("*.json")))


def _hours(out: Path) -> float:
    manifest = read_manifest(out)
    assert manifest is not None
    files = [(record.config, record.split, record.file) for record in shard_records(manifest)]
    return summarise(out, files).seconds / 3600


def _shown(run: Run, hours: float) -> tuple[str, ...]:
    return (
        f"{run.wall:.0f}",
        f"{hours * 3600 / run.wall:.0f}",
        f"{run.cpu / hours:.0f}",
        f"{run.memory / 1e9:.1f} GB",
    )


def _assert_same(one: Path, other: Path) -> None:
    assert _digests(one) == _digests(other), f"{one.name} and {other.name} differ"


def _digests(out: Path) -> dict[str, str]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


if __name__ == "__main__":
    main()
