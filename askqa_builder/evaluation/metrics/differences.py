"""How two runs differ in a measure, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from askqa_builder.evaluation.metrics.figures import counted
from askqa_builder.evaluation.metrics.measures import Measure
from askqa_builder.evaluation.metrics.numbers import Numbers, known
from askqa_builder.evaluation.metrics.resampling import (
    Spread,
    StoryBootstrap,
    StoryFlips,
    detectable_difference,
    p_value,
    spread,
)
from askqa_builder.evaluation.metrics.story_table import Mask, StoryTable


@dataclass(frozen=True)
class Difference:
    """A measure in two runs over the same items; None where there is nothing to tell.

    difference: second − first, with its 95 % interval from the bootstrap over stories. of: items, in sums of weights,
    in the first run. p: two-sided, of paired randomisation by story. corrected: for being one of many, None where it
    is not. detectable: the smallest difference that a test of this size would find.
    """

    first: float | None
    second: float | None
    difference: float | None
    of: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    corrected: float | None = None
    detectable: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as a comparison holds it."""
        return asdict(self) | {"of": counted(self.of)}


@dataclass(frozen=True)
class TwoRuns:
    """Tables of two runs, place by place the same requests, with what draws them again."""

    first: StoryTable
    second: StoryTable
    bootstrap: StoryBootstrap
    flips: StoryFlips

    def differences(self, measures: Sequence[Measure], mask: Mask | None = None) -> dict[str, Difference]:
        """Return several measures by name, of all items or of those in the mask."""
        columns = list(dict.fromkeys(name for measure in measures for name in measure.columns))
        stories = self.first.by_story(columns, mask), self.second.by_story(columns, mask)
        sums = self.first.sums(columns, mask), self.second.sums(columns, mask)
        draws = self.bootstrap.sums(stories[0]), self.bootstrap.sums(stories[1])
        moved = self.flips.moved(stories[1] - stories[0])
        found = {}
        for measure in measures:
            places = [columns.index(name) for name in measure.columns]
            varied = spread(measure.value(draws[1][:, places]) - measure.value(draws[0][:, places]))
            p = p_value(sums[0][places], sums[1][places], moved[:, places], measure.value)
            found[measure.name] = _told(measure, sums[0][places], sums[1][places], varied, p)
        return found


def _told(measure: Measure, first: Numbers, second: Numbers, found: Spread | None, p: float) -> Difference:
    of = float(measure.count(first))
    one, other = known(measure.value(first)), known(measure.value(second))
    if one is None or other is None:
        return Difference(one, other, None, of)
    if found is None:
        return Difference(one, other, other - one, of, p=known(p))
    detectable = detectable_difference(found.error)
    return Difference(one, other, other - one, of, found.low, found.high, known(p), None, detectable)
