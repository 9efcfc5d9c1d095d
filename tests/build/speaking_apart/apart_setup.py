"""A profile set of the engine `apart`, builds with it, and what is left of them."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from harness import (
    Item,
    digests,
    is_gone,
    run_askqa,
    started_askqa,
)


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


@dataclass(frozen=True)
class Build:
    """A build that was run."""

    setup: Setup
    out: Path
    result: subprocess.CompletedProcess[str]


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
