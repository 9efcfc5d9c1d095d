"""One worker against two, end to end from the command line, and × real time of the whole command."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from askqa_builder.dataset.manifest import read_manifest, shard_records
from askqa_builder.dataset.statistics import summarise

from common import corpus, corpus_name, interleaved, profile, ratio, table

CONVERSATIONS = 200
CASES = {"flite (kal16)": ["kal16"], "espeak (shipped set)": None}
ROUNDS = 2
ASKQA = Path(sys.executable).with_name("askqa")


def main() -> None:
    """Print one table."""
    print("### One worker against two\n")
    print(f"`askqa build` on {CONVERSATIONS} conversations of {corpus_name()}, start-up included.\n")
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = corpus(folder, CONVERSATIONS)
        for case, voices in CASES.items():
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
            rows.append((case, ratio(times["one"], times["two"]), speed["one"], speed["two"]))
    table(["voices", "one / two: median (range)", "one, × real time", "two, × real time"], rows)


def _build(out: Path, command: list[str]) -> None:
    shutil.rmtree(out, ignore_errors=True)  # removing takes milliseconds; a finished build would not run again
    subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
