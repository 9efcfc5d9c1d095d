"""What a simulated user is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from askqa_builder.evaluation.item import Intent, Item, Said


class Simulator(Protocol):
    """A user who means one reading of a request. name: as results tell it."""

    name: str

    def reply(self, item: Item, intent: Intent, dialogue: Sequence[Said]) -> str:
        """Return what the user says to the last turn of a dialogue, a response that asks; never empty.

        dialogue: story, history, the request, and what followed, as text. Nothing but the intent decides what is
        meant. Raises UnfitAnswerError where a language model has no fitting reply, EngineError where it is out of
        reach.
        """
