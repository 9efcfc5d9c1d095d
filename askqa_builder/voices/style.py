"""A style: how a turn is delivered, as numbers to process a signal by, or as an emotion that an engine speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from askqa_builder.voices.emotion import Affect

NEUTRAL = "neutral"
"""The style that changes nothing."""

NUMBERS = ("pitch", "pitch_range", "rate", "loudness", "pauses")
"""Fields of `Style` that say what a signal processor does."""


@dataclass(frozen=True)
class Style:
    """How a turn departs from its speaker's own delivery.

    pitch: semitones that F0 is moved by. pitch_range: factor by which F0's distances from its mean grow, in semitones.
    rate: factor of the speaker's rate. loudness: dB beside the speaker's level. pauses: factor of the silences within
    the turn and before it. emotion: asked of an engine that can speak it, None where the style is these numbers alone.
    instructions: how to speak, for engines that read such, in the place of what they make of the emotion. source: where
    the numbers come from.
    """

    name: str
    pitch: float = 0.0
    pitch_range: float = 1.0
    rate: float = 1.0
    loudness: float = 0.0
    pauses: float = 1.0
    emotion: Affect | None = None
    instructions: str | None = None
    source: str | None = None

    @property
    def native(self) -> bool:
        """Whether the engine itself has to speak it."""
        return self.emotion is not None

    def to_json(self) -> dict[str, Any]:
        """Return it as a profile set's canonical form has it, without its name."""
        told = {key: value for key, value in asdict(self).items() if key != "name"}
        return {**told, "emotion": None if self.emotion is None else self.emotion.to_json()}


class StyleDraw(str, Enum):
    """How styles are drawn: whatever the words, or so that they suit, or do not suit, what the words alone suggest."""

    INDEPENDENT = "independent"
    CONGRUENT = "congruent"
    INCONGRUENT = "incongruent"


@dataclass(frozen=True)
class DrawnStyle:
    """The style of one turn. text_label: of its words alone, None where nobody looked at them. congruent: whether the
    style suits that label; None where there is none, or nobody says what suits it."""

    style: Style
    draw: StyleDraw
    text_label: str | None = None
    congruent: bool | None = None


Weights = Mapping[str, float]
"""How often each style is drawn, by its name."""
