"""How well a model knows when to ask: scores of its actions, with `clarify` as the positive class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.metrics import action_formulas as formulas
from askqa_builder.evaluation.metrics.numbers import Numbers


@dataclass(frozen=True)
class ActionScores:
    """Counts of gold and predicted actions, and what follows from them, each between 0 and 1.

    asked: clarify as it should be. asked_needlessly: clarify where gold is answer. answered_rashly: answer where gold
    is clarify. answered: answer as it should be. Counts may be sums of weights. A class that neither occurs nor is
    predicted has an F1 of 0, and one that does not occur has no part in the balanced accuracy, as in scikit-learn.
    """

    asked: float
    asked_needlessly: float
    answered_rashly: float
    answered: float

    @classmethod
    def of(cls, gold: Iterable[str], predicted: Iterable[str]) -> ActionScores:
        """Count pairs of "clarify" or "answer". Raises ValueError for others, uneven lengths, and no pair at all."""
        counts = Counter((Action(g), Action(p)) for g, p in zip(gold, predicted, strict=True))
        if not counts:
            raise ValueError("there is no action to score")
        clarify, answer = Action.CLARIFY, Action.ANSWER
        return cls(
            asked=counts[clarify, clarify],
            asked_needlessly=counts[answer, clarify],
            answered_rashly=counts[clarify, answer],
            answered=counts[answer, answer],
        )

    @property
    def gold_clarify(self) -> float:
        """Examples that should be asked about."""
        return self.asked + self.answered_rashly

    @property
    def gold_answer(self) -> float:
        """Examples that should be answered."""
        return self.answered + self.asked_needlessly

    @property
    def examples(self) -> float:
        """All examples."""
        return self.gold_clarify + self.gold_answer

    @property
    def accuracy(self) -> float:
        """Share of right actions."""
        return float(formulas.accuracy(self._counts))

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the recalls of the classes that occur."""
        return float(formulas.balanced_accuracy(self._counts))

    @property
    def clarify_f1(self) -> float:
        """F1 of clarify: the binary F1."""
        return float(formulas.clarify_f1(self._counts))

    @property
    def answer_f1(self) -> float:
        """F1 of answer."""
        return float(formulas.answer_f1(self._counts))

    @property
    def macro_f1(self) -> float:
        """Mean of both F1s."""
        return float(formulas.macro_f1(self._counts))

    @property
    def weighted_f1(self) -> float:
        """Mean of both F1s, weighted by how often each is gold."""
        return float(formulas.weighted_f1(self._counts))

    def to_json(self) -> dict[str, Any]:
        """Return counts and scores."""
        return {
            "examples": self.examples,
            "asked": self.asked,
            "asked_needlessly": self.asked_needlessly,
            "answered_rashly": self.answered_rashly,
            "answered": self.answered,
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "macro_f1": self.macro_f1,
            "weighted_f1": self.weighted_f1,
            "clarify_f1": self.clarify_f1,
            "answer_f1": self.answer_f1,
        }

    @property
    def _counts(self) -> Numbers:
        return np.array(astuple(self), dtype=np.float64)
