"""`askqa report`: a page of one file."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from askqa_builder.corpus.licences import is_redistributable
from askqa_builder.errors import UsageError
from askqa_builder.report.catalogue import Catalogue
from askqa_builder.report.details import line
from askqa_builder.report.foreign import foreign_errors
from askqa_builder.report.page import render_page
from askqa_builder.report.page_file import page_path, write_page
from askqa_builder.report.pairs import open_catalogues, shown, takes

ROWS = 200
MAX_AUDIO_MB = 100.0

_MEGABYTE = 1_000_000

_SAMPLED = 3
"""Rows whose size tells what a second of sound takes."""

_MISSES = 5
"""Rows that do not fit any more before no others are tried."""


@dataclass(frozen=True)
class WrittenReport:
    """path: of the file. rows: on it, of `of` in the dataset. with_audio: of these, can be played. closed: of these,
    have text that may not be passed on, as far as is known."""

    path: Path
    rows: int
    of: int
    with_audio: int
    closed: int


def report(
    dataset: str | Path,
    out: str | Path | None = None,
    *,
    against: str | Path | None = None,
    rows: int = ROWS,
    max_audio_mb: float = MAX_AUDIO_MB,
    redistributable: bool = False,
) -> WrittenReport:
    """Write a page on which to look at a dataset and listen to it; it needs no network and no other file.

    Overview and distributions are of all rows. To listen to are up to `rows` of them, taken evenly, and no more than
    whose recordings fit into `max_audio_mb` megabytes of the file; with 0, rows come without sound.
    out: the file; None for `<dataset>-report.html` in the current folder. An earlier page is replaced. against: a
    dataset of the same conversations, heard side by side. redistributable: only rows whose text may be passed on.

    Raises UsageError where a dataset is unfinished or `out` is something else than a page, AskqaError where a dataset
    is damaged, StorageError where the disk refuses.
    """
    if rows < 0 or not 0 <= max_audio_mb < math.inf:
        raise UsageError("rows and max_audio_mb must be numbers that are not negative")
    folders = [Path(folder) for folder in (dataset, against) if folder is not None]
    path = page_path(out, folders, "report")
    with foreign_errors(*folders):
        catalogues = open_catalogues(folders)
        candidates = _candidates(catalogues, redistributable=redistributable)
        taken = _Taken(catalogues, max_audio_mb * _MEGABYTE)
        for number in _spread(catalogues, candidates, rows, taken.left):
            taken.add(number)
        total = len(catalogues[0])
        page = render_page(
            catalogues,
            served=False,
            note=_note(len(taken.numbers), total, sound=max_audio_mb > 0),
            lines=[{**line(catalogues[0], number), "number": place} for place, number in enumerate(taken.numbers)],
            rows=taken.details,
            sounds=taken.sounds,
        )
    write_page(path, page)
    closed = len(taken.numbers) - int(_is_open(catalogues[0])[taken.numbers].sum())
    return WrittenReport(path, len(taken.numbers), total, len(taken.numbers) if max_audio_mb else 0, closed)


class _Taken:
    """Rows that go on the page, as long as their sound fits. left: bytes of the file that sound may still take."""

    def __init__(self, catalogues: Sequence[Catalogue], left: float) -> None:
        self._catalogues = catalogues
        self._silent = left == 0
        self.left = left
        self._misses = 0
        self.numbers: list[int] = []
        self.details: list[dict[str, object]] = []
        self.sounds: list[tuple[str, str]] = []

    def add(self, number: int) -> None:
        """Take a row; one that does not fit is left out, and once some did not, all others."""
        if self._misses >= _MISSES:
            return
        found = takes(self._catalogues, number)
        sounds = [] if self._silent else [base64.b64encode(row["audio"]["bytes"]).decode("ascii") for row in found]
        size = sum(map(len, sounds))
        if size > self.left:
            self._misses += 1
            return
        self.left -= size
        self.sounds += [(f"{side}-{len(self.numbers)}", text) for side, text in zip("ab", sounds, strict=False)]
        self.numbers.append(number)
        self.details.append(shown(self._catalogues, number, found))


def _candidates(catalogues: Sequence[Catalogue], *, redistributable: bool) -> list[int]:
    """Return the numbers of rows that both datasets have; redistributable: whose text may be passed on."""
    rows = catalogues[0].frames.rows
    wanted = np.ones(len(rows), bool)
    for other in catalogues[1:]:
        wanted &= rows["id"].isin(list(other.numbers)).to_numpy(bool)
    if redistributable:
        wanted &= _is_open(catalogues[0])
    return [int(number) for number in np.flatnonzero(wanted)]


def _is_open(catalogue: Catalogue) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell of each row whether its text may be passed on, as far as is known."""
    rows = catalogue.frames.rows
    pairs = zip(rows["source"], rows["license"], strict=True)
    return np.fromiter((is_redistributable(source, licence) for source, licence in pairs), bool, len(rows))


def _spread(catalogues: Sequence[Catalogue], candidates: Sequence[int], rows: int, budget: float) -> list[int]:
    """Choose rows evenly; as many as fit the budget, by what some of them take for a second."""
    if budget and candidates:
        sampled = _evenly(candidates, _SAMPLED)
        durations = catalogues[0].frames.rows["duration"]
        size = sum(len(row["audio"]["bytes"]) for number in sampled for row in takes(catalogues, number)) * 4 / 3
        each = size / durations[sampled].sum() * durations[list(candidates)].mean()  # in base64
        rows = min(rows, max(int(budget / each), 1))
    return _evenly(candidates, rows)


def _evenly(candidates: Sequence[int], count: int) -> list[int]:
    places = np.linspace(0, len(candidates) - 1, min(count, len(candidates))).astype(int)
    return [candidates[place] for place in places]


def _note(rows: int, total: int, *, sound: bool) -> str:
    if not sound:
        return f"Transcripts of {rows:,} of {total:,} recordings, without sound."
    if rows == total:
        return "All recordings of the dataset are on this page."
    return (
        f"{rows:,} of {total:,} recordings are on this page to listen to, taken evenly; the figures are of all. "
        "askqa report --serve shows every one."
    )
