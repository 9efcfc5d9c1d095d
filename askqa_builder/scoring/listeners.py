"""Recognisers and quality predictors as one thing to the rest: a listener, opened where it is to run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from askqa_builder.dataset.listening.listeners import values_of
from askqa_builder.dataset.listening.parts import Part
from askqa_builder.dataset.listening.store import Value
from askqa_builder.errors import UsageError
from askqa_builder.recognition.error_rate import describe_recogniser
from askqa_builder.recognition.recogniser import (
    PREDICTORS,
    RECOGNISERS,
    Appetite,
    ListenerInfo,
    QualityPredictor,
    Recogniser,
    load_predictor,
    load_recogniser,
    takes_option,
)

Kind = Literal["asr", "mos"]
"""What a listener gives: texts, or scores."""

_GROUPS = {"asr": RECOGNISERS, "mos": PREDICTORS}


@dataclass(frozen=True)
class Choice:
    """A listener by name with its options, as it is handed to worker processes."""

    kind: Kind
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: Kind, name: str, **options: Any) -> Choice:
        """Choose a listener; options that are None are left to it. Raises UsageError where one is not its own."""
        given = {key: value for key, value in options.items() if value is not None}
        for key in given:
            if not takes_option(_GROUPS[kind], name, key):
                remedy = "it computes on the CPU" if key == "device" else "leave it out"
                raise UsageError(f"{name} takes no {key}; {remedy}")
        return cls(kind, name, given)

    def open(self) -> Listener:
        """Load the listener. Raises UsageError."""
        if self.kind == "asr":
            return Listener(self.kind, load_recogniser(self.name, self.options))
        return Listener(self.kind, load_predictor(self.name, self.options))


class Listener:
    """An open recogniser or predictor."""

    def __init__(self, kind: Kind, model: Recogniser | QualityPredictor) -> None:
        self.kind = kind
        self._model: Any = model

    @property
    def info(self) -> ListenerInfo:
        """Who listens."""
        info: ListenerInfo = self._model.info
        return info

    @property
    def appetite(self) -> Appetite:
        """What feeds it best."""
        appetite: Appetite = self._model.appetite
        return appetite

    def listen(self, batch: Sequence[Part]) -> dict[bytes, Value]:
        """Return texts or scores by the clips' digests. Raises AskqaError, whatever goes wrong in the model."""
        hear = self._model.transcribe if self.kind == "asr" else self._model.predict
        values = values_of(self.info.name, batch, hear, self._is_valid)
        return {part.digest: value for part, value in zip(batch, values, strict=True)}

    def close(self) -> None:
        """Release its memory."""
        self._model.close()

    def _is_valid(self, value: object) -> bool:
        if self.kind == "asr":
            return isinstance(value, str)
        return isinstance(value, float) and math.isfinite(value)


def describe(kind: str, info: ListenerInfo) -> dict[str, Any]:
    """Return the manifest's entry of a listener: all that can change what is written into rows."""
    if kind == "asr":
        return describe_recogniser(info)
    return info.to_json()
