"""What a model under test is: it is given what there is to hear and to read, and says something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from askqa_builder.corpus.conversation import Action
from askqa_builder.errors import AskqaError
from askqa_builder.evaluation.item import Intent, Item, Said


@dataclass(frozen=True, eq=False)
class Request:
    """What a model is given once.

    item: of what; blinded for a model under test. round: 1 for the first response. clips: 16-bit samples, each of
    shape [samples], or [samples, 2] in stereo; none for models that hear nothing. sampling_rate: Hz. prompt: what is
    asked for, and the story where it is not heard. turns: what is heard, as text, for models that read instead; the
    story, if it is heard, first. story: its text, where it is not heard but in the prompt. intent: of the user, which a
    control is told after the first round and a model under test never is. metadata: labels of how it is said, as
    `hearing.metadata` writes them, where they stand in the prompt.
    """

    item: Item
    round: int
    clips: Sequence[NDArray[np.int16]]
    sampling_rate: int
    prompt: str
    turns: Sequence[Said]
    story: str | None = None
    intent: Intent | None = None
    metadata: str | None = None

    @property
    def blinded(self) -> Request:
        """It without whatever tells what a right response is, and without what is neither heard nor read."""
        item = replace(
            self.item, gold=None, clarifying_questions=(), intents=(), contrast_id=None, conflict=False, turns=()
        )
        return replace(self, item=item, intent=None)

    @property
    def audio_seconds(self) -> float:
        """Of all clips together."""
        return sum(len(clip) for clip in self.clips) / self.sampling_rate


@dataclass(frozen=True)
class Response:
    """What a model says.

    unfit: why there is nothing (refused, filtered, empty, not_text), with text empty, or why there is not all
    (cut_off), with what there is; the model is scored for it. seconds: None where the caller may measure it.
    heard: what a cascade's recogniser understood. left_out: of a control that speaks for an annotator, the place of
    what it says among the intent's references, or among the item's clarifying questions where it asks: this one
    occurrence is no reference for it. action: of a control that says an annotator's words, what they do; None where a
    classifier has to tell. prompt: what was asked instead of the request's prompt, for the record.
    """

    text: str
    unfit: str | None = None
    seconds: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    heard: str | None = None
    left_out: int | None = None
    action: Action | None = None
    prompt: str | None = None


class OutOfReachError(AskqaError):
    """A model cannot respond to one request now, through no fault of what it says: it may be asked again."""


@runtime_checkable
class Model(Protocol):
    """A model under test.

    It may also have `concurrency`, how many threads may call `respond` at once (1 where it does not say); `identity`,
    all that may change its responses, as JSON without keys; and `close()`.
    """

    def respond(self, request: Request) -> Response | str:
        """Respond to what is heard.

        Raises OutOfReachError where this one request cannot be answered now, EngineError where none can.
        """


def identity_of(model: Model) -> dict[str, Any]:
    """Return what may change a model's responses: what it says of itself, or the name of its class."""
    own = getattr(model, "identity", None)
    return {"class": f"{type(model).__module__}:{type(model).__qualname__}"} if own is None else dict(own)


def concurrency_of(model: Model) -> int:
    """Return how many threads may call a model at once."""
    return max(1, int(getattr(model, "concurrency", 1)))


def close(model: Model) -> None:
    """Let a model release what it holds, if there is a way to."""
    closing = getattr(model, "close", None)
    if closing is not None:
        closing()
