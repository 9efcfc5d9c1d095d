"""What a build says of itself: before it begins, while it runs, and when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Totals:
    """What there is to do. conversations: renditions counted singly. seconds: estimated speech."""

    conversations: int
    seconds: float


class Progress(Protocol):
    """Receives a build's progress, in the main process."""

    def start(self, totals: Totals, done: Totals) -> None:
        """Begin; `done` was found finished from an earlier run."""

    def advance(self, conversations: int, seconds: float, recorded: float) -> None:
        """Take note of a finished block: seconds of estimated speech, seconds recorded in its rows."""

    def stop(self) -> None:
        """End, also after a failure."""


class Silent:
    """No progress at all."""

    def start(self, totals: Totals, done: Totals) -> None:
        """Ignore the start."""

    def advance(self, conversations: int, seconds: float, recorded: float) -> None:
        """Ignore a block."""

    def stop(self) -> None:
        """Ignore the end."""


@dataclass(frozen=True)
class BuildReport:
    """A finished dataset.

    rows, hours: by configuration. rejected: items left out, by reason. voices: what speaks, in words.
    already_complete: nothing was left to do.
    """

    dataset: Path
    rows: Mapping[str, int]
    hours: Mapping[str, float]
    rejected: Mapping[str, int]
    voices: str
    already_complete: bool

    @property
    def exit_code(self) -> int:
        """0, or 3 where items were rejected."""
        return 3 if self.rejected else 0


@dataclass(frozen=True)
class Estimate:
    """What a build would do, from its plan and one conversation spoken on this machine.

    rows: by configuration. hours: of recordings. size: bytes. seconds: of wall time with the workers asked
    for. rejected: items that were refused on reading, by reason. shards: files.
    """

    conversations: int
    rows: Mapping[str, int]
    hours: float
    size: int
    seconds: float
    workers: int
    shards: int
    rejected: Mapping[str, int]
    voices: str
