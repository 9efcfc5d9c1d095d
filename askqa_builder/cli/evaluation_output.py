"""How `askqa evaluate` prints figures, and how runs ended."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from askqa_builder.errors import UsageError

_REASONS = 5
"""So many are told, the most frequent; all are in `trajectories.jsonl`."""

_STYLES = ("table", "markdown", "json")


class Run(Protocol):
    """A run, as far as its last lines tell of it."""

    @property
    def out(self) -> Path:
        """Its folder."""

    @property
    def endings(self) -> Mapping[str, int]:
        """How many ended how."""

    @property
    def reasons(self) -> Mapping[tuple[str, str], int]:
        """Why some have no scores, with how often."""

    @property
    def already_complete(self) -> bool:
        """Whether there was nothing left to ask."""


def tell_endings(runs: Sequence[Run], what: str, style: str) -> None:
    """Print how runs ended; beside figures for other programs, not among them."""
    for run in runs:
        state = "already complete" if run.already_complete else "done"
        endings = ", ".join(f"{count} {ending}" for ending, count in sorted(run.endings.items()))
        last = f"{state}: {run.out}: {sum(run.endings.values())} {what} ({endings})"
        for (ending, why), count in sorted(run.reasons.items(), key=lambda found: -found[1])[:_REASONS]:
            print(f"{ending}: {count}, as {why}", file=sys.stderr)
        print(last, file=sys.stdout if style == "table" else sys.stderr)


class Told(Protocol):
    """What can be printed in several ways."""

    def lines(self) -> list[str]:
        """Return them for a terminal."""

    def markdown(self) -> str:
        """Return them for a paper."""

    def to_json(self) -> dict[str, Any]:
        """Return them for another program."""


def check_style(style: str) -> None:
    """Raise UsageError where there is no such way to print figures."""
    if style not in _STYLES:
        raise UsageError(f"--as: {style!r} is unknown; give {', '.join(_STYLES)}")


def print_figures(told: Told, style: str) -> None:
    """Print figures: as a table, in Markdown or as JSON."""
    if style == "table":
        print("\n".join(told.lines()))
    elif style == "markdown":
        print(told.markdown().rstrip("\n"))
    else:
        print(json.dumps(told.to_json(), indent=1, allow_nan=False))
