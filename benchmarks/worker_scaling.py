"""One worker against two, end to end from the command line, and × real time of the whole command."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from askqa_builder.dataset.manifest import read_manifest, shard_records
from askqa_builder.dataset.statistics import summarise

from common import corpus, corpus_name, interleaved, profile, ratio, table

CASES: dict[str, tuple[list[str] | None, int]] = {
    "flite (kal16)": (["kal16"], 200),
    "flite (slt, awb)": (["slt", "awb"], 40),
    "espeak (shipped set)": (None, 200),
}
ROUNDS = 2
ASKQA = Path(sys.executable).with_name("askqa")


def main() -> None:
    """Print one table."""
    print("### One worker against two\n")
    print(f"`askqa build` on conversations of {corpus_name()}, start-up included. Last, what the machine itself gives:")
    print("the same arithmetic in one process or shared by two.\n")
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case, (voices, conversations) in CASES.items():
            source = corpus(folder, conversations)
            chosen = profile(folder, "case", voices) if voices else "espeak"
            out = folder / case
            command = [str(word) for word in (ASKQA, "build", source, out, "--profiles", chosen)]
            one, two = (partial(_build, out, [*command, "--workers", n]) for n in ("1", "2"))
            times = interleaved({"one": one, "two": two}, ROUNDS)
            manifest = read_manifest(out)
            assert manifest is not None
            files = [(record.config, record.split, record.file) for record in shard_records(manifest)]
            seconds = summarise(out, files).seconds
            speed = {name: f"{seconds / min(taken):.0f}" for name, taken in times.items()}
            rows.append((case, conversations, ratio(times["one"], times["two"]), speed["one"], speed["two"]))
    shared = {str(n): partial(_share_arithmetic, n) for n in (1, 2)}
    times = interleaved(shared, 5 * ROUNDS)
    rows.append(("none: arithmetic", "", ratio(times["1"], times["2"]), "", ""))
    table(["voices", "conversations", "one / two: median (range)", "one, × real time", "two, × real time"], rows)


def _build(out: Path, command: list[str]) -> None:
    shutil.rmtree(out, ignore_errors=True)  # removing takes milliseconds; a finished build would not run again
    subprocess.run(command, check=True, capture_output=True)


def _share_arithmetic(processes: int) -> None:
    context = get_context("fork")
    workers = [context.Process(target=_calculate, args=(4000 // processes,)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _calculate(times: int) -> None:
    numbers = np.linspace(0, 1, 1 << 16)
    for _ in range(times):
        np.sin(numbers, out=numbers)


if __name__ == "__main__":
    main()
