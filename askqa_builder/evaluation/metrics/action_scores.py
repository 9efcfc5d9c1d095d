"""How well a model knows when to ask: scores of its actions, with `clarify` as the positive class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from askqa_builder.corpus.conversation import Action


@dataclass(frozen=True)
class ActionScores:
    """Counts of gold and predicted actions, and what follows from them, each between 0 and 1.

    asked: clarify as it should be. asked_needlessly: clarify where gold is answer. answered_rashly: answer where gold
    is clarify. answered: answer as it should be. A class that neither occurs nor is predicted has an F1 of 0, and one
    that does not occur has no part in the balanced accuracy, as in scikit-learn.
    """

    asked: int
    asked_needlessly: int
    answered_rashly: int
    answered: int

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
    def gold_clarify(self) -> int:
        """Examples that should be asked about."""
        return self.asked + self.answered_rashly

    @property
    def gold_answer(self) -> int:
        """Examples that should be answered."""
        return self.answered + self.asked_needlessly

    @property
    def examples(self) -> int:
        """All examples."""
        return self.gold_clarify + self.gold_answer

    @property
    def accuracy(self) -> float:
        """Share of right actions."""
        return (self.asked + self.answered) / self.examples

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the recalls of the classes that occur."""
        recalls = [
            right / of for right, of in ((self.asked, self.gold_clarify), (self.answered, self.gold_answer)) if of
        ]
        return sum(recalls) / len(recalls)

    @property
    def clarify_f1(self) -> float:
        """F1 of clarify: the binary F1."""
        return _f1(self.asked, self.asked_needlessly + self.answered_rashly)

    @property
    def answer_f1(self) -> float:
        """F1 of answer."""
        return _f1(self.answered, self.asked_needlessly + self.answered_rashly)

    @property
    def macro_f1(self) -> float:
        """Mean of both F1s."""
        return (self.clarify_f1 + self.answer_f1) / 2

    @property
    def weighted_f1(self) -> float:
        """Mean of both F1s, weighted by how often each is gold."""
        return (self.clarify_f1 * self.gold_clarify + self.answer_f1 * self.gold_answer) / self.examples

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


def _f1(right: int, wrong: int) -> float:
    """F1 of a class; wrong: its false positives and false negatives."""
    return 2 * right / (2 * right + wrong) if right else 0.0
