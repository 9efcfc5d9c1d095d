"""Figures with their intervals, drawn: a point and a line on a scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

_WIDTH, _HEIGHT, _EDGE = 200, 16, 5


@dataclass(frozen=True)
class Scale:
    """From 0 to 1, or from -1 where a cosine is below 0."""

    low: float

    @classmethod
    def of(cls, figures: Iterable[Mapping[str, Any]]) -> Scale:
        """Return the scale that figures fit on."""
        ends = (end for figure in figures for end in (figure["value"], figure["low"]) if end is not None)
        return cls(-1.0 if min(ends, default=0.0) < 0 else 0.0)

    def place(self, value: float) -> float:
        """Return where a value is drawn."""
        return _EDGE + (_WIDTH - 2 * _EDGE) * (value - self.low) / (1 - self.low)


def interval(figure: Mapping[str, Any], scale: Scale, reference: float | None = None) -> Markup:
    """Draw a figure for a line of a table, whose cells also say it. reference: a value to compare it with, dashed."""
    middle = _HEIGHT / 2
    marks = [f'<path class="grid" d="M{scale.place(value):.1f} 0V{_HEIGHT}"/>' for value in (0.0, 0.25, 0.5, 0.75, 1.0)]
    if reference is not None:
        marks.append(f'<path class="identity" d="M{scale.place(reference):.1f} 0V{_HEIGHT}"/>')
    if figure["low"] is not None and figure["high"] is not None:
        low, high = scale.place(figure["low"]), scale.place(figure["high"])
        marks.append(f'<path class="range" d="M{low:.1f} {middle:g}H{high:.1f}"/>')
    if figure["value"] is not None:
        marks.append(f'<circle class="value" cx="{scale.place(figure["value"]):.1f}" cy="{middle:g}" r="4"/>')
    return Markup(f'<svg class="interval" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true">{"".join(marks)}</svg>')
