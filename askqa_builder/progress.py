"""How long work tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Totals:
    """What there is to do. items: conversations (renditions counted singly) or rows. seconds: of speech, estimated."""

    items: int
    seconds: float


class Progress(Protocol):
    """Receives the progress of long work, in the main process."""

    def start(self, totals: Totals, done: Totals) -> None:
        """Begin; `done` was found finished from an earlier run."""

    def advance(self, items: int, seconds: float, recorded: float) -> None:
        """Take note of finished items: their seconds as in the totals, and the seconds that were worked on."""

    def stop(self) -> None:
        """End, also after a failure."""


class Silent:
    """No progress at all."""

    def start(self, totals: Totals, done: Totals) -> None:
        """Ignore the start."""

    def advance(self, items: int, seconds: float, recorded: float) -> None:
        """Ignore a step."""

    def stop(self) -> None:
        """Ignore the end."""
