"""A run's figures as lines of tables, with their intervals drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from askqa_builder.evaluation.metrics.item_table import LEVELS
from askqa_builder.evaluation.metrics.measures import ACTION_MEASURES
from askqa_builder.evaluation.metrics.printing import NAMES, NOTHING, per_cent
from askqa_builder.evaluation.metrics.squad_results import TEXT_MEASURES, shown
from askqa_builder.evaluation.page.intervals import Scale, interval

Json = Mapping[str, Any]

HEADLINE = ACTION_MEASURES[:2]


@dataclass(frozen=True)
class Line:
    """A figure as it is shown: in per cent. of: items; detectable: see `Figure`."""

    name: str
    value: str
    range: str
    of: str
    detectable: str
    picture: Markup


def headline(results: Json) -> list[Line]:
    """Return the two figures that a run is told by: SQuAD's where no gold action is known."""
    if is_labelled(results) or results["squad"] is None:
        return [_line(NAMES[measure.name], results["figures"][measure.name]) for measure in HEADLINE]
    return [_line(NAMES[measure.name], results["squad"]["figures"][measure.name]) for measure in TEXT_MEASURES[:2]]


def is_labelled(results: Json) -> bool:
    """Tell whether the gold action of any request is known."""
    return bool(results["counts"]["gold_clarify"] + results["counts"]["gold_answer"])


def squad_lines(results: Json) -> list[Line]:
    """Return what a run comes to on requests without a gold action."""
    if results["squad"] is None:
        return []
    found = ((NAMES[name], results["squad"]["figures"][name]) for name in shown(results["squad"]["counts"]))
    return [_line(name, one) for name, one in found if one["value"] is not None]


def action_lines(results: Json) -> list[Line]:
    """Return what a run comes to in actions; the headline's measures also without label conflicts, if there are any."""
    found = {NAMES[name]: one for name, one in results["figures"].items() if name in NAMES}
    if results["counts"]["label_conflicts"]:
        for measure in HEADLINE:
            found[f"{NAMES[measure.name]}, label conflicts left out"] = results["without_conflicts"][measure.name]
    return [_line(name, one) for name, one in found.items() if one["value"] is not None]


def answer_lines(results: Json) -> list[tuple[str, list[Line]]]:
    """Return the scores of texts by level; levels without any are left out."""
    return [(_capital(NAMES[level]), lines) for level in LEVELS if (lines := list(_answers(results, level)))]


def confusion(results: Json) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Return, by gold action, how many items have which first action: count, share, and whether it is right."""
    if not is_labelled(results):
        return []
    actions = results["actions"]
    found = []
    for gold, names in (("clarify", ("asked", "answered_rashly")), ("answer", ("asked_needlessly", "answered"))):
        counts = [actions[name] for name in names]
        whole = sum(counts)
        cells = [
            (f"{count:,g}", per_cent(count / whole) if whole else per_cent(None), name in ("asked", "answered"))
            for name, count in zip(names, counts, strict=True)
        ]
        found.append((gold, cells))
    return found


def _answers(results: Json, level: str) -> Iterator[Line]:
    for score in NAMES:
        figure = results["figures"].get(f"{level}_{score}")
        if figure is not None and figure["value"] is not None:
            yield _line(NAMES[score], figure)


def _line(name: str, figure: Json) -> Line:
    low, high = figure["low"], figure["high"]
    return Line(
        name=_capital(name),
        value=per_cent(figure["value"]),
        range=NOTHING if low is None or high is None else f"{per_cent(low)} to {per_cent(high)}",
        of=f"{figure['of']:,g}",
        detectable=per_cent(figure["detectable"]),
        picture=interval(figure, Scale.of([figure])),
    )


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
