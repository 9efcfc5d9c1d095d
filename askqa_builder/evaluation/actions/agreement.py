"""How far two classifiers agree on what responses do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from askqa_builder.corpus.conversation import Action


@dataclass(frozen=True)
class Agreement:
    """Counts of responses by what two classifiers say of them.

    both_clarify, both_answer: they agree. first_clarify, second_clarify: only one of the two takes it for a question.
    """

    both_clarify: int
    first_clarify: int
    second_clarify: int
    both_answer: int

    @classmethod
    def of(cls, first: Iterable[str], second: Iterable[str]) -> Agreement:
        """Count pairs of "clarify" or "answer". Raises ValueError for others, and for uneven lengths."""
        counts = Counter((Action(one), Action(other)) for one, other in zip(first, second, strict=True))
        clarify, answer = Action.CLARIFY, Action.ANSWER
        return cls(
            both_clarify=counts[clarify, clarify],
            first_clarify=counts[clarify, answer],
            second_clarify=counts[answer, clarify],
            both_answer=counts[answer, answer],
        )

    @property
    def responses(self) -> int:
        """All of them."""
        return self.both_clarify + self.first_clarify + self.second_clarify + self.both_answer

    @property
    def accuracy(self) -> float | None:
        """Share of responses on which they agree; None where there are none."""
        return (self.both_clarify + self.both_answer) / self.responses if self.responses else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa (Cohen 1960); None where both say the same of all responses, so that chance agrees as well."""
        if self.accuracy is None:
            return None
        first = (self.both_clarify + self.first_clarify) / self.responses
        second = (self.both_clarify + self.second_clarify) / self.responses
        chance = first * second + (1 - first) * (1 - second)
        return None if chance == 1 else (self.accuracy - chance) / (1 - chance)

    def to_json(self) -> dict[str, Any]:
        """Return counts and figures."""
        return {
            "responses": self.responses,
            "both_clarify": self.both_clarify,
            "first_clarify": self.first_clarify,
            "second_clarify": self.second_clarify,
            "both_answer": self.both_answer,
            "accuracy": self.accuracy,
            "kappa": self.kappa,
        }
