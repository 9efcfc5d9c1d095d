"""A run's figures by what requests are about and who speaks in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from askqa_builder.corpus.conversation import Role
from askqa_builder.evaluation.metrics.breakdown import SPEAKER_QUALITIES
from askqa_builder.evaluation.metrics.printing import NAMES, per_cent
from askqa_builder.evaluation.page.figures import HEADLINE
from askqa_builder.evaluation.page.intervals import Scale, interval

Json = Mapping[str, Any]

MEASURES = (HEADLINE[0].name, HEADLINE[1].name, "trajectory_f1")
"""Shown of each cell: actions, and what the dialogue ends with."""

_TITLES = {
    "gold": "Gold action",
    "domain": "Domain",
    "history": "Turns before the request",
    "split": "Split",
    "rendition": "Rendition",
    **{
        f"{role.value}_{quality}": f"{role.value.capitalize()}: {quality}"
        for role in Role
        for quality in SPEAKER_QUALITIES
    },
}


@dataclass(frozen=True)
class CellLine:
    """Requests that are alike in one way. figures: text and picture for each of `MEASURES`."""

    label: str
    items: str
    figures: list[tuple[str, Markup]]


@dataclass(frozen=True)
class Group:
    """One way to divide the requests. lines: of cells that are large enough. hidden: others, and requests in them."""

    title: str
    lines: list[CellLine]
    hidden: tuple[int, int]


def breakdown_groups(results: Json) -> list[Group]:
    """Return the breakdowns of a run of which any cell is shown."""
    breakdowns = results["breakdowns"]
    return [_group(name, one, results["figures"]) for name, one in breakdowns.items() if one["cells"]]


def unshown_groups(results: Json) -> str:
    """Return what breakdowns there are without a cell that is shown, and how many cells they have."""
    counts = {_TITLES[name]: one["cells_not_shown"] for name, one in results["breakdowns"].items() if not one["cells"]}
    return ", ".join(f"{title[:1].lower() + title[1:]} ({count} cells)" for title, count in counts.items())


def heads() -> list[str]:
    """Return what `MEASURES` are called."""
    return [NAMES.get(name, "trajectory level, F1") for name in MEASURES]


def _group(name: str, breakdown: Json, overall: Json) -> Group:
    lines = [_cell(label, cell, overall) for label, cell in breakdown["cells"].items()]
    return Group(_TITLES[name], lines, (breakdown["cells_not_shown"], breakdown["items_not_shown"]))


def _cell(label: str, cell: Json, overall: Json) -> CellLine:
    figures = []
    for name in MEASURES:
        figure = cell["figures"].get(name)
        if figure is None or figure["value"] is None:
            figures.append((per_cent(None), Markup()))
            continue
        text = per_cent(figure["value"])
        if figure["low"] is not None:
            text += f" [{per_cent(figure['low'])}, {per_cent(figure['high'])}]"
        figures.append((text, interval(figure, Scale.of([figure]), overall[name]["value"])))
    return CellLine(label, f"{cell['items']:,}", figures)
