"""What a model under test is: it is given what there is to hear and to read, and says something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from askqa_builder.errors import AskqaError
from askqa_builder.evaluation.item import Item


@dataclass(frozen=True)
class Said:
    """A turn of the dialogue as text. role: narrator, user or assistant."""

    role: str
    text: str


@dataclass(frozen=True, eq=False)
class Request:
    """What a model is given once.

    item: of what; a model under test looks at none of its labels. round: 1 for the first response. clips: 16-bit
    samples, each of shape [samples], or [samples, 2] in stereo; none for models that hear nothing. sampling_rate: Hz.
    prompt: what is asked for, and the story where it is not heard. turns: what is heard, as text, for models that read
    instead; the story, if it is heard, first.
    """

    item: Item
    round: int
    clips: Sequence[NDArray[np.int16]]
    sampling_rate: int
    prompt: str
    turns: Sequence[Said]

    @property
    def audio_seconds(self) -> float:
        """Of all clips together."""
        return sum(len(clip) for clip in self.clips) / self.sampling_rate


@dataclass(frozen=True)
class Response:
    """What a model says. unfit: why there is nothing (refused, empty, cut_off, ...), with text empty; the model is
    scored for it. seconds: None where the caller may measure it. heard: what a cascade's recogniser understood."""

    text: str
    unfit: str | None = None
    seconds: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    heard: str | None = None


class OutOfReachError(AskqaError):
    """A model cannot respond to one request now, through no fault of what it says: it may be asked again."""


@runtime_checkable
class Model(Protocol):
    """A model under test. Several threads may call `respond` at once if `concurrency` is above 1."""

    def respond(self, request: Request) -> Response | str:
        """Respond to what is heard.

        Raises OutOfReachError where this one request cannot be answered now, EngineError where none can.
        """
