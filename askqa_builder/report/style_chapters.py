"""How turns are said, as chapters of the page: styles against the neutral turns of the same voices, and emotions."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from askqa_builder.report.delivery import CHANGES, MEASURES, by_delivery, changes, few_turns, told_change
from askqa_builder.report.frames import Frames
from askqa_builder.report.pictures import Chapter, Plot, Table
from askqa_builder.report.plots import axis, strips
from askqa_builder.report.style_effects import FEWEST_TURNS

_PLOTS = {
    "f0_change": ("Mean F0", "semitones", 0.0),
    "f0_range_change": ("F0 range", "semitones", 0.0),
    "articulation_rate_change": ("Articulation rate", "factor, by ratio", 1.0),
    "energy_change": ("Energy", "dB", 0.0),
}
"""Title, unit and what no change is."""

_FORMS = {
    "turns": "{:,.0f}", "f0_mean": "{:.0f} Hz", "f0_range": "{:.1f} st", "articulation_rate": "{:.2f}",
    "energy": "{:.1f} dBFS",
}  # fmt: skip
_HEADS = ["F0", "F0 range", "Syllables/s", "Energy"]
_NAMES = {
    "draw": "draw", "text_label": "words alone", "intended": "emotion asked for", "recognised": "emotion recognised",
}  # fmt: skip


def style_chapters(frames: Frames) -> list[Chapter]:
    """Return what there is to show of styles and emotions; nothing of a dataset without them."""
    found = by_delivery(frames)
    styles, others = found[found["by"] == "style"], found[found["by"] != "style"]
    return [
        Chapter(
            "Styles",
            "How far turns in a style are from the neutral turns of the same role and voice, one point a turn, the "
            "line their mean; the dashed line is no change. Speakers differ as well, so points scatter around what the "
            "style does; means have 95 % intervals for other conversations, where there are enough."
            f"{_told_few(styles)} A style says what was done to the speech, or asked of the engine, never what anybody "
            "felt.",
            list(_plots(frames.spoken, styles)),
            _table("Styles, means of turns as measured, and beside neutral with 95 % intervals", styles, changed=True),
        ),
        Chapter(
            "Emotions and words",
            "Emotions that an engine was asked for, or that recognisers found in the sound; labels of the words alone; "
            "how styles were drawn. Means of turns as measured.",
            [],
            _table("Means of turns by emotion and label", others, changed=False),
        ),
    ]


def _told_few(styles: pd.DataFrame) -> str:
    few = few_turns(styles)
    return (
        ""
        if not few
        else f" Of {', '.join(few)} there are fewer than {FEWEST_TURNS} turns, or neutral ones to compare."
    )


def _plots(spoken: pd.DataFrame, styles: pd.DataFrame) -> Iterator[Plot]:
    changed = changes(spoken)
    lines = {line["group"]: line for line in styles.to_dict("records")}
    for name, (title, unit, origin) in _PLOTS.items():
        known = changed[name].dropna()
        groups = [(str(style), of.to_numpy(np.float64)) for style, of in known.groupby(spoken["style"])]
        if not groups:
            continue
        ratio = name == "articulation_rate_change"
        along = axis(np.append(known.to_numpy(np.float64), origin), f"beside neutral ({unit})", ratio=ratio)
        means = ", ".join(f"{style} {_changed(lines[style], name)}" for style, _ in groups)
        yield Plot(title, f"means: {means}", strips(groups, along, f"{title} beside neutral: {means}", origin))


def _table(caption: str, found: pd.DataFrame, *, changed: bool) -> Table:
    beside = CHANGES if changed else ()
    heads = ["Turns", *_HEADS, *(f"{head} beside neutral" for head in (_HEADS if changed else ()))]
    lines: list[list[str | Markup]] = [
        [
            *([] if changed else [_NAMES[line["by"]]]),
            line["group"],
            *(_form(name, float(line[name])) for name in ("turns", *MEASURES)),
            *(_changed(line, name) for name in beside),
        ]
        for line in found.to_dict("records")
    ]
    names = ["Style"] if changed else ["Kind", "Name"]
    return Table(f"{caption} ({len(lines)} lines)", [*names, *heads], len(names), lines)


def _form(name: str, value: float) -> str:
    return "–" if math.isnan(value) else _FORMS[name].format(value).replace("-", "−")


def _changed(line: Mapping[Hashable, Any], name: str) -> str:
    return told_change(line, name, unit=True).replace("-", "−")
