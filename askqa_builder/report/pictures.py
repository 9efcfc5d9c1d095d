"""What the distributions of a dataset are shown as: chapters of plots and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True)
class Plot:
    """A picture with its title, and its numbers in words."""

    title: str
    summary: str
    picture: Markup


@dataclass(frozen=True)
class Table:
    """names: how many of the first columns hold no numbers."""

    caption: str
    heads: Sequence[str]
    names: int
    lines: list[list[str | Markup]]


@dataclass(frozen=True)
class Chapter:
    """A few plots of one kind of figure, and what to see in them."""

    title: str
    text: str
    plots: list[Plot] = field(default_factory=list)
    table: Table | None = None
