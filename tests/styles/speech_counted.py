"""A progress that adds up what it is told."""

from __future__ import annotations

from askqa_builder.progress import Totals


class Counted:
    """Seconds of speech: in all, done in this run or before, and worked on; and items done."""

    def __init__(self) -> None:
        self.total = self.seconds = self.recorded = 0.0
        self.items = 0

    def start(self, totals: Totals, done: Totals) -> None:
        self.total, self.seconds, self.items = totals.seconds, done.seconds, done.items

    def advance(self, items: int, seconds: float, recorded: float) -> None:
        self.items += items
        self.seconds += seconds
        self.recorded += recorded

    def stop(self) -> None:
        """Nothing is left to tell."""
