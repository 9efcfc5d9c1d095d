"""What tells what a response does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.actions.rule import action_of
from askqa_builder.evaluation.item import Said


class Classifier(Protocol):
    """Tells clarifying questions from answers. name: as results tell it."""

    name: str

    def action(self, dialogue: Sequence[Said], response: str) -> Action:
        """Return what a response to a dialogue does.

        Raises UnfitAnswerError where a language model does not say, EngineError where it is out of reach.
        """


class ActionRule:
    """By the rule, which looks at the response alone."""

    name = "rule"

    def action(self, dialogue: Sequence[Said], response: str) -> Action:
        """See `Classifier.action`."""
        return action_of(response)
