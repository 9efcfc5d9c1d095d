"""Tables for a terminal: columns as wide as they must be, text escaped and clipped where the line would be too long."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence

from askqa_builder.corpus.rejects import escape

Cell = str | int | float | None

_NARROWEST = 8
"""No column of text is clipped to fewer characters."""

_GAP = "  "


def table(header: Sequence[str], lines: Sequence[Sequence[Cell]], width: int, decimals: int = 2) -> Iterator[str]:
    """Yield the lines of a table of at most `width` characters where that can be.

    Columns that hold numbers stand at the right; what is not known is a dash; the widest columns of text are clipped
    first.
    """
    cells = [[_text(cell, decimals) for cell in line] for line in lines]
    numeric = [not any(isinstance(line[place], str) for line in lines) for place in range(len(header))]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    _narrow(
        widths, [place for place, number in enumerate(numeric) if not number], width - len(_GAP) * (len(header) - 1)
    )
    for line in [list(header), *cells]:
        placed = (
            _clipped(cell, size).rjust(size) if number else _clipped(cell, size).ljust(size)
            for cell, size, number in zip(line, widths, numeric, strict=True)
        )
        yield _GAP.join(placed).rstrip()


def section(title: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield lines under a title; nothing where there are none."""
    if lines:
        yield from ("", title.upper(), *lines)


def paragraph(text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` characters."""
    return textwrap.wrap(escape(text), width, break_on_hyphens=False)


def counted(number: int, one: str) -> str:
    """Return a number with what it counts."""
    return f"{number:,} {one if number == 1 else one + 's'}"


def _narrow(widths: list[int], texts: Sequence[int], most: int) -> None:
    while sum(widths) > most:
        widest = max(texts, key=lambda place: widths[place], default=None)
        if widest is None or widths[widest] <= _NARROWEST:
            return
        widths[widest] -= 1


def _text(cell: Cell, decimals: int) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return "-"
    if isinstance(cell, str):
        return escape(cell)
    if isinstance(cell, float):
        return f"{round(cell, decimals) + 0.0:,.{decimals}f}"  # 0.0: no minus before a zero
    return f"{cell:,}"


def _clipped(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1]}…"
