"""What a dataset costs that is built again: from the cache, with other users, with shared narrations."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from common import corpus, corpus_name, interleaved, ratio, table

CONVERSATIONS = 60
ROUNDS = 2
ASKQA = Path(sys.executable).with_name("askqa")


def main() -> None:
    """Print one table."""
    print("### Building again\n")
    print(f"{CONVERSATIONS} conversations of {corpus_name()}, shipped set `flite`, all cores, start-up included; each")
    print("against a build from nothing.\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = corpus(folder, CONVERSATIONS)
        whole, cache = folder / "whole", folder / "cache"
        build: list[str | Path] = ["build", source, "--cache"]
        commands: dict[str, tuple[Path, list[str | Path]]] = {
            "from nothing": (whole, [*build, "none"]),
            "filling the cache": (folder / "filling", [*build, cache]),
            "all in the cache": (folder / "cached", [*build, cache]),
            "narrations shared": (folder / "shared", [*build, "none", "--share-narration"]),
            "regenerate, nothing changed": (folder / "same", ["regenerate", whole, "--cache", "none"]),
            "regenerate --roles user": (folder / "user", ["regenerate", whole, "--cache", "none", "--roles", "user"]),
        }
        runs = {case: partial(_run, out, arguments, cache) for case, (out, arguments) in commands.items()}
        runs["a finished build again"] = partial(_call, ["build", source, whole, "--cache", "none"])
        times = interleaved(runs, ROUNDS)
        rows = [
            (case, ratio(taken, times["from nothing"]), f"{min(taken):.1f}")
            for case, taken in times.items()
            if case != "from nothing"
        ]
    table(["what", "of a build from nothing: median (range)", "seconds"], rows)


def _run(out: Path, arguments: list[str | Path], cache: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    if out.name == "filling":
        shutil.rmtree(cache, ignore_errors=True)
    command, source, *options = arguments
    _call([command, source, out, *options])


def _call(arguments: list[str | Path]) -> None:
    subprocess.run([ASKQA, *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    main()
