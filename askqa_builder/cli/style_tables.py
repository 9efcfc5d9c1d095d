"""How a dataset's turns are said, and what listeners heard of it, as tables for a terminal."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from askqa_builder.cli.tables import Cell, counted, paragraph, section, table
from askqa_builder.report.delivery import few_turns, told_change
from askqa_builder.report.style_effects import FEWEST_TURNS

if TYPE_CHECKING:
    import pandas as pd

    from askqa_builder.report.listening.bootstrap import Interval
    from askqa_builder.report.listening.style_opinions import StyleOpinions

_COLUMNS = {
    "turns": "turns", "f0_mean": "F0 Hz", "f0_range": "range st", "articulation_rate": "syll/s", "energy": "dBFS",
}  # fmt: skip
_CHANGES = {
    "f0_change": "F0 st", "f0_range_change": "range st", "articulation_rate_change": "rate ×", "energy_change": "dB",
}  # fmt: skip


def told_styles(styles: pd.DataFrame, width: int) -> Iterator[str]:
    """Yield how turns are said; see `report.delivery.by_delivery`. Nothing where nobody says."""
    lines = styles.to_dict("records")
    if not lines:
        return
    titles: dict[str, str] = {}
    cells: list[list[Cell]] = []
    for line in lines:
        first = titles.setdefault(line["by"], line["by"].replace("_", " ")) if line["by"] not in titles else ""
        cells.append([first, line["group"], *(line[name] for name in _COLUMNS)])
    yield from table(["", "", *_COLUMNS.values()], cells, width, 1)
    changed = [line for line in lines if not math.isnan(line["compared"]) and line["compared"] > 0]
    if changed:
        yield ""
        yield from _beside_neutral(changed, few_turns(styles), width)


def _beside_neutral(changed: Sequence[Mapping[Hashable, Any]], few: Sequence[str], width: int) -> Iterator[str]:
    cells: list[list[Cell]] = [
        [line["group"], int(line["compared"]), int(line["neutral"]), *(told_change(line, name) for name in _CHANGES)]
        for line in changed
    ]
    yield from table(["beside neutral", "turns", "neutral", *_CHANGES.values()], cells, width)
    yield from paragraph(
        "means of turns less the mean of neutral turns of the same role and voice, with 95 % intervals for other "
        "conversations; rate: the ratio of the two; –: too few conversations for an interval",
        width,
    )
    if few:
        named = "all of them" if len(few) == len(changed) else ", ".join(few)
        yield from paragraph(
            f"few turns: of {named}, fewer than {FEWEST_TURNS} turns or neutral ones are compared; even the intervals "
            "are rough guesses",
            width,
        )


def told_style_ratings(opinions: StyleOpinions, width: int) -> Iterator[str]:
    """Yield what is printed of listeners' ratings of styles."""
    yield from section("ratings of styles", list(_ratings(opinions, width)))


def _ratings(opinions: StyleOpinions, width: int) -> Iterator[str]:
    replaced = f"; {opinions.replaced:,} rated twice: the later rating counts" if opinions.replaced else ""
    yield from paragraph(
        f"{counted(opinions.raters, 'rater')}, {counted(opinions.clips, 'clip')}, "
        f"{counted(opinions.ratings, 'rating')}{replaced}.",
        width,
    )
    yield from paragraph(
        f"Recognised: {_share(opinions.recognised)}, the mean over ways of speaking; {len(opinions.choices)} to choose "
        f"from, so chance is {100 * opinions.chance:.0f} %. With 95 % intervals over "
        f"{'clips only, since there is one rater' if opinions.raters == 1 else 'raters and clips'}:",
        width,
    )
    lines: list[list[Cell]] = [
        [
            f"{of.style} (asked of the engine)" if of.intended else of.style,
            of.clips,
            of.ratings,
            _share(of.recognised),
            _mean(of.naturalness),
            _mean(of.naturalness_change, sign=True),
        ]
        for of in opinions.styles
    ]
    yield from table(["played", "clips", "ratings", "recognised", "naturalness", "beside neutral"], lines, width)
    yield ""
    yield from _confusion(opinions, width)
    agreement = [f"{name.replace('_', ' ')} {of:.2f}" for name, of in opinions.agreement.items() if of is not None]
    if agreement:
        yield from paragraph(f"Agreement of raters (Krippendorff's alpha): {', '.join(agreement)}", width)


def _confusion(opinions: StyleOpinions, width: int) -> Iterator[str]:
    """Yield what was heard of what was played, the most frequent answers first."""
    lines: list[list[Cell]] = []
    for played, heard in opinions.confusion.items():
        of = sum(heard.values())
        answers = sorted(heard.items(), key=lambda one: (-one[1], one[0]))
        lines.append([played, ", ".join(f"{name} {100 * number / of:.0f} %" for name, number in answers)])
    yield from table(["played", "heard as"], lines, width)


def _share(found: Interval | None) -> str:
    if found is None:
        return "-"
    interval = "" if math.isnan(found.low) else f" ({100 * found.low:.0f}–{100 * found.high:.0f} %)"
    return f"{100 * found.mean:.0f} %{interval}"


def _mean(found: Interval | None, *, sign: bool = False) -> str:
    if found is None:
        return "-"
    form = "+.2f" if sign else ".2f"
    interval = "" if math.isnan(found.low) else f" ({found.low:{form}} to {found.high:{form}})"
    return f"{found.mean:{form}}{interval}"
