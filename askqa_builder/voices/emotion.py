"""Emotions as categories and as dimensions: what a speaker was asked for, or what recognisers found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

CATEGORIES = ("angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "unknown")
"""The nine classes of emotion2vec+ (its model cards; Ma et al. 2024, "emotion2vec", Findings of ACL)."""

NO_EMOTION = "neutral"
"""The category of who shows no emotion."""

SPEAKABLE = ("angry", "disgusted", "fearful", "happy", NO_EMOTION, "sad", "surprised")
"""The categories that somebody can be asked to speak in: the others say that none of these was recognised."""

DIMENSIONS = ("valence", "arousal", "dominance")
"""Russell and Mehrabian (1977), as wav2vec2 models of MSP-Podcast predict them (Wagner et al. 2023): each 0 to 1."""


@dataclass(frozen=True)
class Affect:
    """An emotion; what is not known is None.

    category: of CATEGORIES. valence: 0 unpleasant, 1 pleasant. arousal: 0 calm, 1 excited. dominance: 0 submissive,
    1 in control. Raises ValueError for anything else.
    """

    category: str | None = None
    valence: float | None = None
    arousal: float | None = None
    dominance: float | None = None

    def __post_init__(self) -> None:
        if self.category is not None and self.category not in CATEGORIES:
            raise ValueError(f"{self.category!r} is no emotion; there are {', '.join(CATEGORIES)}")
        for name in DIMENSIONS:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and 0.0 <= value <= 1.0):
                raise ValueError(f"{name} is {value!r}; it lies from 0 to 1")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return self == Affect()

    def to_json(self) -> dict[str, Any]:
        """Return it as rows and manifests hold it."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any] | None) -> Affect:
        """Read what `to_json` gave; further keys are not looked at, None is an emotion of which nothing is known."""
        known = ("category", *DIMENSIONS)
        return cls() if told is None else cls(**{name: told.get(name) for name in known})
