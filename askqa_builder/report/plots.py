"""Plots as SVG: histograms, points against what was asked, bars. Colours and type come from the page's style sheet.

Each plot is a picture for a screen reader, with a label that says in words what it shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from markupsafe import Markup, escape

Values = npt.NDArray[np.float64]

WIDTH, HEIGHT = 340, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 10, 36
_MOST_POINTS = 1500
_MOST_BINS = 32
_MOST_IN_STRIP = 300
_STRIP = 32


@dataclass(frozen=True)
class Axis:
    """One axis, from low to high, evenly or by ratio. counts: of whole numbers."""

    low: float
    high: float
    label: str
    ratio: bool = False
    counts: bool = False

    def share(self, value: Values | float) -> Values:
        """Return where a value lies between the ends, 0 to 1."""
        scale = np.log if self.ratio else np.asarray
        low, high = float(scale(self.low)), float(scale(self.high))
        return (np.asarray(scale(np.asarray(value, np.float64)), np.float64) - low) / (high - low)

    @property
    def ticks(self) -> list[float]:
        """Up to six round numbers on the axis."""
        ticks = _ratio_ticks(self.low, self.high) if self.ratio else _even_ticks(self.low, self.high)
        return [tick for tick in ticks if tick.is_integer()] if self.counts else ticks


def axis(values: Values, label: str, *, ratio: bool = False, from_zero: bool = False) -> Axis:
    """Return an axis that all values fit on. ratio: of positive values."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (1.0, 2.0)
    if from_zero:
        low = 0.0
    if high - low < 1e-9 * max(abs(high), 1.0):
        margin = max(abs(high) * 0.1, 0.5)
        low, high = (low / 1.2, high * 1.2) if ratio else (low - (0.0 if from_zero else margin), high + margin)
    elif ratio:
        edge = (high / low) ** 0.04
        low, high = low / edge, high * edge
    else:
        edge = 0.04 * (high - low)
        low, high = low if from_zero else low - edge, high + edge
    return Axis(low, high, label, ratio)


def histogram(values: Values, along: Axis, kind: str, label: str) -> Markup:
    """Draw how often values occur. kind: class of the bars, as a role. label: says in words what is seen."""
    bins = min(max(int(2 * math.sqrt(len(values))), 8), _MOST_BINS)
    edges = np.linspace(along.low, along.high, bins + 1)
    if along.ratio:
        edges = np.exp(np.linspace(math.log(along.low), math.log(along.high), bins + 1))
    counts, _ = np.histogram(values, edges)
    up = Axis(0.0, max(float(counts.max()), 1.0) * 1.05, "", counts=True)
    bars = []
    places = _x(along.share(edges))
    for left, right, count, low, high in zip(places, places[1:], counts, edges, edges[1:], strict=False):
        if count:
            top = float(_y(up.share(float(count))))
            said = f"{_number(low)} to {_number(high)}: {count}"
            bars.append(
                f'<rect x="{left + 0.5:.1f}" y="{top:.1f}" width="{max(right - left - 1, 0.5):.1f}" '
                f'height="{HEIGHT - _BOTTOM - top:.1f}"><title>{said}</title></rect>'
            )
    return _picture(label, along, up, f'<g class="fill {escape(kind)}">{"".join(bars)}</g>')


def points(
    x: tuple[Values, Axis],
    y: tuple[Values, Axis],
    named: tuple[str, npt.NDArray[np.object_]],
    label: str,
    *,
    identity: bool = False,
) -> Markup:
    """Draw points, at most 1,500 of them evenly taken.

    x, y: values and the axis they are on. named: class of the points, and the name of each. identity: with the line on
    which both are the same.
    """
    (x_values, across), (y_values, up), (kind, names) = x, y, named
    if len(x_values) > _MOST_POINTS:
        taken = np.linspace(0, len(x_values) - 1, _MOST_POINTS).astype(int)
        x_values, y_values, names = x_values[taken], y_values[taken], names[taken]
    left, top = _x(across.share(x_values)), _y(up.share(y_values))
    size = 3 if len(x_values) < 100 else 2
    titles = {name: f"<title>{escape(name)}</title>" for name in set(names)}
    dots = "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{size}">{titles[name]}</circle>'
        for a, b, name in zip(left.tolist(), top.tolist(), names, strict=True)
    )
    line = ""
    if identity:
        low, high = max(across.low, up.low), min(across.high, up.high)
        ends = [(float(_x(across.share(v))), float(_y(up.share(v)))) for v in (low, high)]
        line = '<path class="identity" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>'.format(*ends[0], *ends[1])
    return _picture(label, across, up, f'{line}<g class="dots {escape(kind)}">{dots}</g>')


def strips(groups: Sequence[tuple[str, Values]], along: Axis, label: str, origin: float | None = None) -> Markup:
    """Draw the values of each group on a line of its own, and their mean; at most 300 of each, evenly taken.

    groups: name and values, from above; on an axis by ratio, the mean is that of their logarithms. origin: a value that
    all are to be seen against, as no change.
    """
    height = _TOP + _STRIP * len(groups) + _BOTTOM
    foot = height - _BOTTOM
    parts = []
    for place, (name, values) in enumerate(groups):
        shown = values[np.linspace(0, len(values) - 1, min(len(values), _MOST_IN_STRIP)).astype(int)]
        middle = _TOP + _STRIP * place + 19
        ups = middle + 4 * np.sin(np.arange(len(shown)) * 2.4)  # apart from one another, the same each time
        dots = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>'
            for x, y in zip(_x(along.share(shown)).tolist(), ups.tolist(), strict=True)
        )
        mean = float(_x(along.share(values).mean()))
        parts.append(
            f'<text class="tick" x="{_LEFT}" y="{middle - 9}">{escape(name)}</text><g class="dots">{dots}</g>'
            f'<path class="mean" d="M{mean:.1f} {middle - 7}V{middle + 7}"/>'
        )
    if origin is not None:
        at = float(_x(along.share(origin)))
        parts.insert(0, f'<path class="identity" d="M{at:.1f} {_TOP}V{foot}"/>')
    ticks = "".join(_across_ticks(along, foot))
    return Markup(
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">'
        f'{ticks}{"".join(parts)}<path class="base" d="M{_LEFT} {foot}H{WIDTH - _RIGHT}"/>'
        f'<text class="axis" x="{(_LEFT + WIDTH - _RIGHT) / 2}" y="{height - 4}">{escape(along.label)}</text></svg>'
    )


def bar(share: float, kind: str) -> Markup:
    """Draw one bar for a line of a table, whose cell also says the number."""
    return Markup(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="fill {}" width="{:.1f}" height="8" rx="1"/></svg>'
    ).format(kind, 100 * share)


def _picture(label: str, across: Axis, up: Axis, content: str) -> Markup:
    ticks = "".join(_across_ticks(across)) + "".join(_up_ticks(up))
    title = f'<text class="axis" x="{(_LEFT + WIDTH - _RIGHT) / 2}" y="{HEIGHT - 4}">{escape(across.label)}</text>'
    if up.label:
        title += (
            f'<text class="axis" transform="translate(10 {(_TOP + HEIGHT - _BOTTOM) / 2}) rotate(-90)">'
            f"{escape(up.label)}</text>"
        )
    base = f'<path class="base" d="M{_LEFT} {HEIGHT - _BOTTOM}H{WIDTH - _RIGHT}"/>'
    return Markup(
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{ticks}{content}{base}{title}</svg>"
    )


def _across_ticks(across: Axis, foot: float = HEIGHT - _BOTTOM) -> Iterable[str]:
    for value in across.ticks:
        x = float(_x(across.share(value)))
        yield f'<text class="tick" text-anchor="middle" x="{x:.1f}" y="{foot + 14}">{_number(value)}</text>'


def _up_ticks(up: Axis) -> Iterable[str]:
    for value in up.ticks:
        y = float(_y(up.share(value)))
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
        yield f'<text class="tick" text-anchor="end" x="{_LEFT - 5}" y="{y + 3.5:.1f}">{_number(value)}</text>'


def _x(share: Values) -> Values:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(share: Values) -> Values:
    return HEIGHT - _BOTTOM - share * (HEIGHT - _BOTTOM - _TOP)


def _even_ticks(low: float, high: float) -> list[float]:
    raw = (high - low) / 5
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * m for m in (1, 2, 2.5, 5, 10) if unit * m >= raw)
    first = math.ceil(low / step - 1e-9)
    return [round(step * k, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _ratio_ticks(low: float, high: float) -> list[float]:
    if high / low < 4:
        return _even_ticks(low, high)
    steps: Sequence[Sequence[int]] = ((1, 2, 5), (1, 3), (1,))
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for marks in steps:
        ticks = [float(mark * 10.0**decade) for decade in decades for mark in marks]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= 7:
            break
    return ticks


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
