"""Ratings that listening sheets saved as CSV, and that a spreadsheet may have saved again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

import pandas as pd

from askqa_builder.corpus.rejects import quote
from askqa_builder.errors import UsageError
from askqa_builder.report.listening.scales import BEST, NATURALNESS, SCALE_NAMES, WORST
from askqa_builder.report.listening.style_question import HEARD_AS


def _columns(*questions: str) -> list[str]:
    return ["sheet", "rater", "clip", "position", *questions, "comment", "plays", "rated_at"]


COLUMNS = _columns(*SCALE_NAMES)

STYLE_QUESTIONS = (HEARD_AS, NATURALNESS.name)

STYLE_COLUMNS = _columns(*STYLE_QUESTIONS)
"""Of sheets that ask in which way something is said."""

_DELIMITERS = ",;\t"
"""Spreadsheets of countries with a decimal comma save with semicolons."""


def is_of_styles(file: Path) -> bool:
    """Tell whether a file was saved by a sheet of styles. Raises UsageError where it cannot be read."""
    return HEARD_AS in _header(_text(file))[0]


def read_ratings(files: Sequence[Path]) -> tuple[pd.DataFrame, int]:
    """Return the ratings of all files, and how many were left out since a later one replaces them.

    Columns are `COLUMNS` and file; scales are NaN where not rated, clips without any rating are left out. The later
    of two ratings of one clip by one rater in one sheet counts. Raises UsageError, with file and line, where a
    file cannot be read or is none that a sheet saved.
    """
    return _read(files, COLUMNS, SCALE_NAMES)


def read_style_ratings(files: Sequence[Path]) -> tuple[pd.DataFrame, int]:
    """Return the ratings of sheets of styles, as `read_ratings` does; columns are `STYLE_COLUMNS` and file.

    heard_as: name of the way of speaking, missing where not answered.
    """
    return _read(files, STYLE_COLUMNS, STYLE_QUESTIONS)


def _read(files: Sequence[Path], columns: Sequence[str], questions: Sequence[str]) -> tuple[pd.DataFrame, int]:
    lines = [line for file in files for line in _lines(file, columns)]
    table = pd.DataFrame(lines, columns=[*columns, "file"]).dropna(subset=list(questions), how="all")
    if table.empty:
        raise UsageError(f"{', '.join(map(str, files))}: no clip is rated; save the ratings from the sheet again")
    in_order = table.sort_values("rated_at", kind="stable")
    latest = in_order.drop_duplicates(["sheet", "rater", "clip"], keep="last").sort_index().reset_index(drop=True)
    return latest, len(table) - len(latest)


def _header(text: str) -> tuple[list[str], str]:
    """Return the names of the columns, and what stands between them."""
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(_DELIMITERS, key=first.count)
    return [name.strip() for name in first.split(delimiter)], delimiter


def _lines(file: Path, columns: Sequence[str]) -> Iterator[list[object]]:
    text = _text(file)
    if not text.strip():
        raise UsageError(f"{file} is empty; save the ratings from the sheet again")
    _, delimiter = _header(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader)]
        missing = [name for name in columns if name not in header]
        if missing:
            raise UsageError(
                f"{file}, line 1: no column {', '.join(missing)}; give a file that a listening sheet saved, with its "
                "first line"
            )
        places = [header.index(name) for name in columns]
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if any(cells):
                if len(cells) < len(header):
                    raise UsageError(f"{file}, line {line}: {len(cells)} cells, not {len(header)}; save it again")
                named = {name: cells[place] for name, place in zip(columns, places, strict=True)}
                yield [*_values(named, f"{file}, line {line}"), str(file)]
    except csv.Error as error:
        raise UsageError(f"{file}, line {reader.line_num}: not CSV ({error}); save it again") from error


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}; give a file that a listening sheet saved") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{file}, line {line}: not UTF-8; save it as CSV in UTF-8") from error


def _values(cells: Mapping[str, str], where: str) -> Iterator[object]:
    for name, guarded in cells.items():
        cell = _unguarded(guarded)
        text = cell.strip()
        if name in SCALE_NAMES:
            yield _number(text, f"{where}: {name}", WORST, BEST)
        elif name in ("position", "plays"):
            yield _number(text, f"{where}: {name}", 0, None)
        elif name == "rated_at":
            yield _time(text, where)
        elif name == "comment":
            yield cell
        elif name == HEARD_AS:
            yield text or None
        elif text:
            yield text
        else:
            raise UsageError(f"{where}: {name} is empty; save it from the sheet again")


def _unguarded(cell: str) -> str:
    """Take away the apostrophe that keeps a spreadsheet from running a cell; the sheet puts it before others too."""
    return cell[1:] if cell.startswith("'") else cell


def _number(text: str, what: str, lowest: int, highest: int | None) -> float:
    if not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not value.is_integer() or value < lowest or (highest is not None and value > highest):
        wanted = f"a whole number from {lowest} " + (f"to {highest}" if highest is not None else "on")
        raise UsageError(f"{what} is {quote(text)}, not {wanted}; put it right or leave the cell empty")
    return value


def _time(text: str, where: str) -> datetime:
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
        # one without a zone comes from who edited the file; to compare, take it as UTC
        return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{where}: rated_at is {quote(text)}, not a time as 2026-05-31T16:20:00.000Z; save it from the sheet again"
        ) from None
