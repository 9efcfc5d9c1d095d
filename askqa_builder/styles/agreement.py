"""Several recognisers on one window: what they agree in, and how well they agree over many.

Agreement is between machines that may err alike; it is no measure of being right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from itertools import combinations
from typing import Any

from askqa_builder.recognition.affect.recogniser import Verdict
from askqa_builder.voices.emotion import DIMENSIONS, Affect


class Rule(str, Enum):
    """How many of those that tell a category must tell the same: more than half of them, or all."""

    MAJORITY = "majority"
    UNANIMOUS = "unanimous"


def agreed(verdicts: Sequence[Verdict], rule: Rule) -> Affect:
    """Return what recognisers agree in on one window.

    Its category is None where no category has the votes that the rule asks for; each dimension is the mean of those
    who tell it.
    """
    means = {}
    for name in DIMENSIONS:
        told = [value for verdict in verdicts if (value := getattr(verdict.affect, name)) is not None]
        means[name] = sum(told) / len(told) if told else None
    return Affect(category=_category([verdict.affect.category for verdict in verdicts], rule), **means)


def _category(told: Sequence[str | None], rule: Rule) -> str | None:
    votes = Counter(category for category in told if category is not None)
    if not votes:
        return None
    category, most = votes.most_common(1)[0]
    enough = most == votes.total() if rule is Rule.UNANIMOUS else 2 * most > votes.total()
    return category if enough else None


def share_for(category: str, verdicts: Sequence[Verdict]) -> float | None:
    """Return which share of those that tell a category tell this one; None where fewer than two tell any."""
    told = [verdict.affect.category for verdict in verdicts if verdict.affect.category is not None]
    return told.count(category) / len(told) if len(told) > 1 else None


class Agreement:
    """Adds up how well recognisers agree, window by window; memory does not grow with their number.

    recognisers: names of those that tell categories, in the order of their votes. A window counts where all have told.
    """

    def __init__(self, recognisers: Sequence[str]) -> None:
        self._names = tuple(recognisers)
        self._windows: Counter[tuple[str, ...]] = Counter()

    def add(self, categories: Sequence[str | None]) -> None:
        """Count a window by what each recogniser tells."""
        told = tuple(category for category in categories if category is not None)
        if len(told) == len(self._names) > 1:
            self._windows[told] += 1

    @property
    def windows(self) -> int:
        """How many were counted."""
        return self._windows.total()

    @property
    def raw(self) -> float | None:
        """Share of pairs of recognisers that tell the same, over all windows; None without any."""
        pairs = list(combinations(range(len(self._names)), 2))
        if not self.windows:
            return None
        alike = sum(count * sum(told[a] == told[b] for a, b in pairs) for told, count in self._windows.items())
        return alike / (self.windows * len(pairs))

    @property
    def kappa(self) -> float | None:
        """Return the agreement beyond chance: Cohen's kappa (1960) of two, Fleiss' (1971) of more.

        None without windows, and where all tell one category only: chance explains that as well as anything.
        """
        if self.raw is None:
            return None
        by_chance = self._cohen_chance() if len(self._names) == 2 else self._fleiss_chance()
        return (self.raw - by_chance) / (1.0 - by_chance) if by_chance < 1.0 else None

    def _cohen_chance(self) -> float:
        one, other = self._told_by(0), self._told_by(1)
        return sum(one[category] * other[category] for category in one) / self.windows**2

    def _fleiss_chance(self) -> float:
        everyone = sum((self._told_by(place) for place in range(len(self._names))), Counter[str]())
        return sum((count / everyone.total()) ** 2 for count in everyone.values())

    def _told_by(self, place: int) -> Counter[str]:
        counts: Counter[str] = Counter()
        for told, count in self._windows.items():
            counts[told[place]] += count
        return counts

    def to_json(self) -> dict[str, Any]:
        """Return the manifest's entry."""
        kappa = "cohen" if len(self._names) == 2 else "fleiss"
        return {
            "recognisers": list(self._names),
            "windows": self.windows,
            "raw": self.raw,
            "kappa": self.kappa,
            "kappa_kind": kappa,
            "told": {name: dict(sorted(self._told_by(place).items())) for place, name in enumerate(self._names)},
        }
