"""The report's page: overview and distributions as they are, rows as data for its scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askqa_builder.report.callouts import Callout, callouts
from askqa_builder.report.catalogue import Catalogue
from askqa_builder.report.chapters import chapters
from askqa_builder.report.document import as_data, render
from askqa_builder.report.foreign import foreign_errors
from askqa_builder.report.overview import Overview, dataset_names, sentences
from askqa_builder.report.pictures import Chapter
from askqa_builder.report.query import orders

_SCRIPTS = (
    "dom.js",
    "source.js",
    "delivery.js",
    "wave.js",
    "transcript.js",
    "take.js",
    "conversation.js",
    "listing.js",
    "listed_row.js",
    "main.js",
)
_STYLES = ("base.css", "report.css")


@dataclass(frozen=True)
class _Side:
    overview: Overview
    sentences: Sequence[str]
    callouts: Sequence[Callout]
    chapters: Sequence[Chapter]


def render_page(
    catalogues: Sequence[Catalogue],
    *,
    served: bool,
    note: str,
    lines: Sequence[Mapping[str, Any]] = (),
    rows: Iterable[Mapping[str, Any]] = (),
    sounds: Sequence[tuple[str, str]] = (),
) -> str:
    """Return the page of a dataset, or of two that are compared.

    served: it asks its server for rows. Else it brings them: lines of the list, rows in the same order, and sounds as
    (side and number, base64). note: a sentence for its foot.
    """
    sides = [_side(catalogue) for catalogue in catalogues]
    names = dataset_names([catalogue.dataset for catalogue in catalogues])
    first = catalogues[0].frames
    return render(
        "report.html.j2",
        styles=_STYLES,
        scripts=_SCRIPTS,
        served=served,
        title=" and ".join(names),
        sides=sides,
        names=names,
        choices={
            **{name: sorted(first.rows[name].dropna().unique()) for name in ("config", "split", "source")},
            "voice": sorted(first.speakers["voice"].dropna().unique()),
            "style": _kinds(catalogues[0].styles),
            "emotion": _kinds(catalogues[0].emotions),
            "order": orders(catalogues[0]),
        },
        note=note,
        setup=as_data({"served": served, "names": names, "rows": lines, "sounds": bool(sounds)}),
        rows=map(as_data, rows),
        sounds=sounds,
    )


def _kinds(of_rows: Sequence[Sequence[str]]) -> list[str]:
    return sorted({kind for kinds in of_rows for kind in kinds})


def _side(catalogue: Catalogue) -> _Side:
    overview = catalogue.overview
    with foreign_errors(catalogue.dataset):
        found = callouts(catalogue.frames)
        return _Side(overview, sentences(overview), found, chapters(catalogue.frames, overview))
