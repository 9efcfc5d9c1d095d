"""What the answer to a question rests on, and how far that can be trusted."""

from __future__ import annotations

from askqa_builder.tasks.example import Example
from askqa_builder.tasks.task import facts_of

WORDS = "words"
STYLE = "style"
INTENDED = "intended"
RECOGNISED = "recognised"
MEASURED = "measured"

GROUNDS = {
    WORDS: "words and turns of the row alone",
    STYLE: "the style that a processor gave the turn: how it departs from its speaker's own delivery, no emotion",
    INTENDED: "the emotion that an engine was asked to speak; whether it is heard, nobody has said",
    RECOGNISED: "the emotion that at least two recognisers agree on",
    MEASURED: "F0, rate and energy as measured, where they differ by a safe margin",
    "catalogue": "the gender that the engine's own catalogue gives its voice",
    "embedding": "the gender of recordings that sound like the voice",
}
"""What an answer can rest on."""

TRUSTED_GENDER = ("catalogue", "embedding")
"""Who may say whether a voice is a man's or a woman's; inferred from F0, it would be the pitch once more."""


def ground_of(example: Example) -> str:
    """Return what an example's answer rests on."""
    ground: str = facts_of(example)["ground"]
    return ground


def told_grounds(ground: str) -> str:
    """Say what a ground is, in words for a card."""
    return GROUNDS[ground]
