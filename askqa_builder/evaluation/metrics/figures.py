"""A measure with how sure it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from askqa_builder.evaluation.metrics.measures import Measure
from askqa_builder.evaluation.metrics.numbers import Numbers, known
from askqa_builder.evaluation.metrics.resampling import StoryBootstrap, detectable_difference, spread
from askqa_builder.evaluation.metrics.story_table import Mask, StoryTable
from askqa_builder.proportions import wilson

SMALL = 100
"""A proportion of fewer has Wilson's interval: percentiles of the bootstrap are too narrow there."""


@dataclass(frozen=True)
class Figure:
    """A measure, between 0 and 1 (a cosine: from -1), with its 95 % interval; None where there is nothing to tell.

    of: items that it is of, in sums of weights. interval: by which method low and high are: the bootstrap over stories,
    or Wilson's, for proportions of fewer than `SMALL` items and those that are 0 or 1. There is none where all draws
    are alike, which says nothing of other stories.
    detectable: the smallest difference from another run with as large an error that a test would find; less is enough
    where the two are compared item by item.
    """

    value: float | None
    of: float
    low: float | None = None
    high: float | None = None
    interval: Literal["bootstrap", "wilson"] | None = None
    detectable: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        return asdict(self) | {"of": counted(self.of)}


def figures(
    table: StoryTable, measures: Sequence[Measure], bootstrap: StoryBootstrap, mask: Mask | None = None
) -> dict[str, Figure]:
    """Return measures of all that is in a table, or of what is in the mask, by name."""
    columns = list(dict.fromkeys(name for measure in measures for name in measure.columns))
    sums = table.sums(columns, mask)
    draws = bootstrap.sums(table.by_story(columns, mask))
    found = {}
    for measure in measures:
        places = [columns.index(name) for name in measure.columns]
        found[measure.name] = _figure(measure, sums[places], draws[:, places])
    return found


def _figure(measure: Measure, sums: Numbers, draws: Numbers) -> Figure:
    of = float(measure.count(sums))
    value = known(measure.value(sums))
    if value is None:
        return Figure(None, of)
    found = spread(measure.value(draws))
    detectable = None if found is None else detectable_difference(math.sqrt(2) * found.error)
    if measure.proportion and (of < SMALL or value in (0.0, 1.0)):
        low, high = wilson(value * of, of)
        return Figure(value, of, low, high, "wilson", detectable)
    if found is None:
        return Figure(value, of)
    return Figure(value, of, found.low, found.high, "bootstrap", detectable)


def counted(number: float) -> float | int:
    """Return a sum of weights as JSON has counts: whole numbers without a fraction."""
    return int(number) if float(number).is_integer() else number
