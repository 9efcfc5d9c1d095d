"""The protocol of recognisers of emotions, which packages register as `askqa_builder.affect_recognisers`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from askqa_builder.recognition.recogniser import AFFECT_RECOGNISERS, Appetite, Clip, ListenerInfo, load_listener
from askqa_builder.voices.emotion import DIMENSIONS, Affect


@dataclass(frozen=True)
class Verdict:
    """What a recogniser finds in one clip. affect: what it does not tell is None there.

    probability: that of the category, 0 to 1; None where it tells none. Raises ValueError for anything else.
    """

    affect: Affect
    probability: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.affect, Affect):
            raise ValueError(f"{self.affect!r} is no Affect")
        if self.probability is not None and not (math.isfinite(self.probability) and 0.0 <= self.probability <= 1.0):
            raise ValueError(f"probability is {self.probability!r}; it lies from 0 to 1")

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {**self.affect.to_json(), "probability": self.probability}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Verdict:
        """Read what `to_json` gave."""
        return cls(Affect.from_json(told), told["probability"])


class AffectRecogniser(Protocol):
    """Tells how speech sounds. One instance serves one process; it need not be thread-safe."""

    @property
    def info(self) -> ListenerInfo:
        """Name, versions, model, licence."""

    @property
    def appetite(self) -> Appetite:
        """What feeds it best."""

    @property
    def tells(self) -> Sequence[str]:
        """Fields of `Affect` that its verdicts have: `category`, or some of `voices.emotion.DIMENSIONS`."""

    def recognise(self, batch: Sequence[Clip]) -> list[Verdict]:
        """Return how each clip sounds, in order; a verdict does not depend on the other clips, except for rounding."""

    def close(self) -> None:
        """Release memory."""


TELLABLE = ("category", *DIMENSIONS)
"""What `tells` may name."""


def load_affect_recogniser(name: str, options: Mapping[str, Any] | None = None) -> AffectRecogniser:
    """Make the recogniser of emotions registered as `name` with its own keyword options.

    Raises UsageError where it is unknown, its library or model is missing, or an option is not its own.
    """
    recogniser: AffectRecogniser = load_listener(AFFECT_RECOGNISERS, name, options or {})
    return recogniser
