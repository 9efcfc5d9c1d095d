"""`askqa report`: a page of one file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from askqa_builder.errors import UsageError
from askqa_builder.files import atomic_write
from askqa_builder.report.catalogue import Catalogue
from askqa_builder.report.details import line
from askqa_builder.report.page import render_page
from askqa_builder.report.pairs import open_catalogues, shown, takes

ROWS = 200
MAX_AUDIO_MB = 100.0

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class WrittenReport:
    """path: of the file. rows: on it, of `of` in the dataset. with_audio: of these, can be played."""

    path: Path
    rows: int
    of: int
    with_audio: int


def report(
    dataset: Path,
    out: Path,
    *,
    against: Path | None = None,
    rows: int = ROWS,
    max_audio_mb: float = MAX_AUDIO_MB,
) -> WrittenReport:
    """Write a page on which to look at a dataset and listen to it; it needs no network and no other file.

    Overview and distributions are of all rows. To listen to are up to `rows` of them, taken evenly, and no more than
    whose recordings fit into `max_audio_mb` megabytes of the file; with 0, rows come without sound.
    against: a dataset of the same conversations, heard side by side.

    Raises UsageError where a dataset is unfinished or `out` cannot be written to, AskqaError where one is damaged.
    """
    if rows < 0 or max_audio_mb < 0:
        raise UsageError("rows and max_audio_mb must not be negative")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out}: there is no such folder; make it first")
    if out.is_dir():
        raise UsageError(f"{out} is a folder; give a file")
    catalogues = open_catalogues(dataset, against)
    chosen, details, sounds = [], [], []
    left = max_audio_mb * _MEGABYTE
    for number in _spread(catalogues, rows, left):
        found = takes(catalogues, number)
        encoded = [base64.b64encode(row["audio"]["bytes"]).decode("ascii") for row in found]
        left -= sum(map(len, encoded))
        if left < 0 and max_audio_mb:
            break
        chosen.append(number)
        details.append(shown(catalogues, number, found))
        if max_audio_mb:
            sounds += [(f"{side}-{len(chosen) - 1}", text) for side, text in zip("ab", encoded, strict=False)]
    lines = [{**line(catalogues[0], number), "number": place} for place, number in enumerate(chosen)]
    total = len(catalogues[0])
    page = render_page(
        catalogues, served=False, note=_note(len(chosen), total), lines=lines, rows=details, sounds=sounds
    )
    with atomic_write(out) as file:
        file.write(page.encode("utf-8"))
    return WrittenReport(out, len(chosen), total, len(chosen) if max_audio_mb else 0)


def _spread(catalogues: Sequence[Catalogue], rows: int, budget: float) -> list[int]:
    """Choose rows evenly over the dataset, of those that both datasets have; about as many as fit the budget."""
    candidates = np.arange(len(catalogues[0]))
    for other in catalogues[1:]:
        candidates = candidates[catalogues[0].frames.rows["id"].isin(list(other.numbers))]
    if budget and len(candidates):
        each = sum(_bytes_a_row(catalogue) for catalogue in catalogues) * 4 / 3  # in base64
        rows = min(rows, max(int(budget / each), 1))
    count = min(rows, len(candidates))
    return [int(number) for number in candidates[np.linspace(0, len(candidates) - 1, count).astype(int)]]


def _bytes_a_row(catalogue: Catalogue) -> float:
    return catalogue.bytes / max(len(catalogue), 1)


def _note(rows: int, total: int) -> str:
    if rows == total:
        return "All recordings of the dataset are on this page."
    return (
        f"{rows:,} of {total:,} recordings are on this page to listen to, taken evenly; the figures are of all. "
        "askqa report --serve shows every one."
    )


def default_name(dataset: Path, what: str) -> Path:
    """Return the file that a page goes to where none is named: in the current folder, called after the dataset."""
    return Path(f"{dataset.resolve().name or 'dataset'}-{what}.html")
