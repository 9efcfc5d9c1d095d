"""What a judge of answers is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from askqa_builder.evaluation.item import Intent, Item

WORST, BEST = 0, 5


@dataclass(frozen=True)
class Judgement:
    """rating: 0 to 5. explanation: why, in the judge's words."""

    rating: int
    explanation: str

    @property
    def score(self) -> float:
        """The rating on a scale up to 100, as AudioBench gives its means."""
        return 100 * self.rating / BEST


class Judge(Protocol):
    """Rates answers. name: as results tell it."""

    name: str

    def judge(self, item: Item, intent: Intent, response: str) -> Judgement:
        """Rate a response to an item's request against the references of one of its readings.

        Raises UnfitAnswerError where a language model has no fitting judgement, EngineError where it is out of reach.
        """
