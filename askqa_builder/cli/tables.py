"""Tables for a terminal: columns as wide as they must be, text escaped and wrapped where the line would be too long."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from askqa_builder.corpus.rejects import escape

Cell = str | int | float | None

_LONGEST_WHOLE = 12
"""Words of as many characters are never broken."""

_GAP = "  "


def table(header: Sequence[str], lines: Sequence[Sequence[Cell]], width: int, decimals: int = 2) -> Iterator[str]:
    """Yield the lines of a table of at most `width` characters where that can be.

    Columns that hold numbers stand at the right; what is not known is a dash; the widest columns of text are narrowed
    first, and what does not fit goes on in the next line.
    """
    cells = [[_text(cell, decimals) for cell in line] for line in lines]
    numeric = [not any(isinstance(line[place], str) for line in lines) for place in range(len(header))]
    columns = list(zip(header, *cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    words = [max((len(word) for text in column for word in text.split()), default=0) for column in columns]
    texts = [place for place, number in enumerate(numeric) if not number]
    for longest in (words, [min(word, _LONGEST_WHOLE) for word in words]):
        _narrow(widths, longest, texts, width - len(_GAP) * (len(header) - 1))
    for line in [list(header), *cells]:
        wrapped = [_wrapped(cell, size) for cell, size in zip(line, widths, strict=True)]
        for parts in zip_longest(*wrapped, fillvalue=""):
            placed = (
                part.rjust(size) if number else part.ljust(size)
                for part, size, number in zip(parts, widths, numeric, strict=True)
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


def _narrow(widths: list[int], least: Sequence[int], texts: Sequence[int], most: int) -> None:
    while sum(widths) > most:
        widest = max((place for place in texts if widths[place] > least[place]), key=widths.__getitem__, default=None)
        if widest is None:
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


def _wrapped(text: str, size: int) -> list[str]:
    return textwrap.wrap(text, size, break_on_hyphens=False) if len(text) > size else [text]
