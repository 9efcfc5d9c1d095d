"""Progress of long work: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from tqdm import tqdm

from askqa_builder.progress import Progress, Totals

if TYPE_CHECKING:
    from typing import NoReturn

SECONDS_BETWEEN_LINES = 30.0


def progress_for(
    stream: TextIO,
    unit: str = "conversations",
    verb: str = "speak",
    hours: str | None = "h of audio",
    *,
    counted: bool = False,
) -> Progress:
    """Choose how to show progress on a stream; unit, verb: what is counted, and what is done with it.

    hours: what the hours are of; None where steps record tokens instead of seconds. counted: the hours in all are no
    estimate, and those done are told as a part of them.
    """
    told = _Hours(hours, counted)
    return Bar(stream, unit, told) if stream.isatty() else Lines(stream, unit, verb, told)


@dataclass(frozen=True)
class _Hours:
    """What hours are of, None where tokens are counted; counted: they are told as a part of all."""

    unit: str | None
    counted: bool


class _Speed:
    """Items done and × real time since the start of this run."""

    def __init__(self, hours: _Hours) -> None:
        self.total = Totals(0, 0.0)
        self.hours = hours
        self.items = 0
        self.seconds = 0.0
        self.recorded = 0.0
        self._begun = time.monotonic()
        self._at_start = 0.0

    def start(self, totals: Totals, done: Totals) -> None:
        self.total, self.items, self.seconds = totals, done.items, done.seconds
        self._begun, self._at_start = time.monotonic(), done.seconds

    def advance(self, items: int, seconds: float, recorded: float) -> None:
        self.items += items
        self.seconds += seconds
        self.recorded += recorded

    def describe(self) -> str:
        """Hours recorded in this run, how many times faster than real time, and the time left."""
        elapsed = max(time.monotonic() - self._begun, 1e-3)
        done = f"{self.recorded / 3600:.2f}"
        if self.hours.counted:
            done = f"{self.seconds / 3600:.2f} of {self.total.seconds / 3600:.2f}"
        text = f"{done} {self.hours.unit}, {self.recorded / elapsed:.0f} × real time"
        if self.hours.unit is None:
            text = f"{self.recorded:.0f} tokens"
        spoken = self.seconds - self._at_start
        if spoken <= 0:
            return text
        left = (self.total.seconds - self.seconds) * elapsed / spoken
        return f"{text}, {_clock(left)} left"


class Bar(_Speed):
    """A bar for people."""

    def __init__(self, stream: TextIO, unit: str, hours: _Hours) -> None:
        super().__init__(hours)
        self._stream = stream
        self._unit = unit
        self._bar: tqdm[NoReturn] | None = None

    def start(self, totals: Totals, done: Totals) -> None:
        """Draw the bar."""
        super().start(totals, done)
        self._bar = tqdm(
            total=totals.items,
            initial=done.items,
            file=self._stream,
            unit=f" {self._unit}",
            dynamic_ncols=True,
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt}{unit}{postfix}",
        )

    def advance(self, items: int, seconds: float, recorded: float) -> None:
        """Move the bar."""
        super().advance(items, seconds, recorded)
        if self._bar is not None:
            self._bar.set_postfix_str(self.describe(), refresh=False)
            self._bar.update(items)

    def stop(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()


class Lines(_Speed):
    """Plain lines for logs."""

    def __init__(self, stream: TextIO, unit: str, verb: str, hours: _Hours) -> None:
        super().__init__(hours)
        self._stream = stream
        self._unit = unit
        self._verb = verb
        self._last_line = 0.0

    def start(self, totals: Totals, done: Totals) -> None:
        """Say what there is to do."""
        super().start(totals, done)
        resumed = f", {done.items} of them done before" if done.items else ""
        about = "" if self.hours.counted else "about "
        hours = "" if self.hours.unit is None else f", {about}{totals.seconds / 3600:.2f} {self.hours.unit}"
        self._print(f"{totals.items} {self._unit} to {self._verb}{hours}{resumed}")

    def advance(self, items: int, seconds: float, recorded: float) -> None:
        """Print a line if the last one is old."""
        super().advance(items, seconds, recorded)
        if time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._print(f"{self.items}/{self.total.items} {self._unit}, {self.describe()}")

    def stop(self) -> None:
        """Print the last state."""
        self._print(f"{self.items}/{self.total.items} {self._unit}, {self.describe()}")

    def _print(self, line: str) -> None:
        self._last_line = time.monotonic()
        print(line, file=self._stream, flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
