"""Which rows of a dataset are asked for: search, filters, order, a page of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from askqa_builder.errors import UsageError
from askqa_builder.report.catalogue import Catalogue

ORDERS = {
    "wer": "worst word error rate first",
    "mos": "lowest MOS first",
    "snr_db": "lowest SNR first",
    "duration": "longest first",
}
"""Columns by which rows may be sorted, and what that is called."""

_LARGEST_FIRST = ("wer", "duration")
_MOST_ROWS = 200


@dataclass(frozen=True)
class Query:
    """Empty texts leave everything in. ambiguous: "yes" or "no". style, emotion: of any turn; an emotion may be asked
    of an engine, or recognised. order: one of `ORDERS`. start, count: of the page. around: number of a row whose page
    is wanted instead.

    The page's own scripts (page/source.js) do the same with the rows that a document brings with it.
    """

    text: str = ""
    config: str = ""
    split: str = ""
    source: str = ""
    ambiguous: str = ""
    voice: str = ""
    style: str = ""
    emotion: str = ""
    order: str = ""
    start: int = 0
    count: int = 50
    around: int = -1

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> Query:
        """Return the query of an address's parameters. Raises UsageError where one is none of ours."""
        values: dict[str, Any] = {"start" if name == "from" else name: value for name, value in parameters.items()}
        unknown = values.keys() - cls.__dataclass_fields__.keys()
        if unknown:
            raise UsageError(f"unknown parameter {min(unknown)!r}")
        for name in ("start", "count", "around"):
            if name in values:
                if not (values[name].isascii() and values[name].isdigit() and len(values[name]) < 10):
                    raise UsageError(f"{name} is not a count")
                values[name] = int(values[name])
        query = cls(**values)
        if query.order and query.order not in ORDERS:
            raise UsageError("unknown order")
        if not 0 < query.count <= _MOST_ROWS:
            raise UsageError(f"1 to {_MOST_ROWS} rows at a time")
        return query

    def numbers(self, catalogue: Catalogue) -> list[int]:
        """Return the numbers of all rows that fit, in order."""
        rows = catalogue.frames.rows
        fits = np.ones(len(rows), bool)
        for name in ("config", "split", "source"):
            wanted = getattr(self, name)
            if wanted:
                fits &= (rows[name] == wanted).to_numpy(bool)
        if self.ambiguous:
            fits &= (rows["ambiguous"].fillna(-1).astype(int) == (self.ambiguous == "yes")).to_numpy(bool)
        if self.voice:
            speakers = catalogue.frames.speakers
            fits &= rows.index.isin(speakers.loc[speakers["voice"] == self.voice, "row"])
        for wanted, columns in ((self.style, ["style"]), (self.emotion, ["intended", "recognised"])):
            if wanted:
                turns = catalogue.frames.turns
                fits &= rows.index.isin(turns.loc[(turns[columns] == wanted).any(axis=1), "row"])
        if self.text:
            fits &= catalogue.holding(self.text)
        return self._ordered(rows[fits])

    def _ordered(self, rows: pd.DataFrame) -> list[int]:
        if self.order:
            rows = rows.sort_values(
                self.order, ascending=self.order not in _LARGEST_FIRST, na_position="last", kind="stable"
            )
        return [int(number) for number in rows.index]


def orders(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Return the orders for which a dataset has figures, as (value, name); first the one it is in."""
    known = [(name, title) for name, title in ORDERS.items() if catalogue.frames.rows[name].notna().any()]
    return [("", "dataset's"), *known]
