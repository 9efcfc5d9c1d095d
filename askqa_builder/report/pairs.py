"""The same row in two datasets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.report.catalogue import Catalogue
from askqa_builder.report.details import detail
from askqa_builder.report.foreign import foreign_errors
from askqa_builder.report.sound import playable


def open_catalogues(folders: Sequence[Path]) -> list[Catalogue]:
    """Return the catalogue of a dataset, and of one to compare it with where two are given.

    Raises UsageError where one is no finished dataset, or they have no row in common.
    """
    catalogues = [Catalogue(folder) for folder in folders]
    if len(catalogues) > 1 and not catalogues[0].numbers.keys() & catalogues[1].numbers.keys():
        raise UsageError(
            f"{' and '.join(map(str, folders))} have no row in common: compare datasets of the same conversations, as "
            "askqa regenerate makes them"
        )
    return catalogues


def takes(catalogues: Sequence[Catalogue], number: int) -> list[dict[str, Any]]:
    """Read a row of the first dataset, and where the other one has it, that; whole and `playable`, in this order."""
    rows = [playable(catalogues[0].row(number))]
    for other in catalogues[1:]:
        place = other.numbers.get(rows[0]["id"])
        if place is not None:
            rows.append(playable(other.row(place)))
    return rows


def shown(catalogues: Sequence[Catalogue], number: int, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what `takes` gave as the page's scripts take it."""
    place = catalogues[0].line(number)
    with foreign_errors(*(catalogue.dataset for catalogue in catalogues)):
        return {"takes": [detail(row, place["config"], place["split"]) for row in rows]}
