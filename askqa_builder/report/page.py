"""The report's page: overview and distributions as they are, rows as data for its scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askqa_builder.report.callouts import Callout, callouts
from askqa_builder.report.catalogue import Catalogue
from askqa_builder.report.chapters import Chapter, chapters
from askqa_builder.report.document import as_data, render
from askqa_builder.report.foreign import foreign_errors
from askqa_builder.report.overview import Overview, sentences
from askqa_builder.report.query import orders

_SCRIPTS = ("dom.js", "source.js", "wave.js", "transcript.js", "take.js", "conversation.js", "listing.js", "main.js")
_STYLES = ("base.css", "report.css")
_TITLES = {
    "voices_in_two_splits": ("voice is heard in two splits", "voices are heard in two splits"),
    "stories_in_two_splits": ("story is heard in two splits", "stories are heard in two splits"),
    "label_conflicts": ("label conflicts with a shorter history's", "labels conflict between history lengths"),
    "contrast_pairs": ("request becomes clear with more history", "requests become clear with more history"),
}


@dataclass(frozen=True)
class _Side:
    overview: Overview
    sentences: Sequence[str]
    callouts: Sequence[Mapping[str, Any]]
    chapters: Sequence[Chapter]


def render_page(
    catalogues: Sequence[Catalogue],
    *,
    served: bool,
    note: str,
    lines: Sequence[Mapping[str, Any]] = (),
    rows: Iterable[Mapping[str, Any]] = (),
    sounds: Iterable[tuple[str, str]] = (),
) -> str:
    """Return the page of a dataset, or of two that are compared.

    served: it asks its server for rows. Else it brings them: lines of the list, rows in the same order, and sounds as
    (side and number, base64). note: a sentence for its foot.
    """
    sides = [_side(catalogue) for catalogue in catalogues]
    names = [side.overview.name for side in sides]
    first = catalogues[0].frames
    return render(
        "report.html.j2",
        styles=_STYLES,
        scripts=_SCRIPTS,
        served=served,
        title=" and ".join(names),
        sides=sides,
        choices={
            **{name: sorted(set(first.rows[name])) for name in ("config", "split", "source")},
            "voice": sorted(set(first.speakers["voice"])),
            "order": orders(catalogues[0]),
        },
        note=note,
        setup=as_data({"served": served, "names": names, "rows": lines}),
        rows=map(as_data, rows),
        sounds=sounds,
    )


def _side(catalogue: Catalogue) -> _Side:
    overview = catalogue.overview
    with foreign_errors(catalogue.dataset):
        found = [_called_out(callout) for callout in callouts(catalogue.frames)]
        return _Side(overview, sentences(overview), found, chapters(catalogue.frames, overview))


def _called_out(callout: Callout) -> dict[str, Any]:
    return {**callout.to_json(), "title": _TITLES[callout.kind][callout.count != 1]}
