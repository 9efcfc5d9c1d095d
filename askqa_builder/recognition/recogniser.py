"""The protocols of what listens to speech: recognisers write down what is said, predictors say how good it sounds.

They take a *batch* of clips and are found through entry points; recognisers of emotions (`recognition.affect`) are
found likewise. They know nothing of datasets.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from typing import Any, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.options import close_matches

RECOGNISERS = "askqa_builder.recognisers"
PREDICTORS = "askqa_builder.quality_predictors"
AFFECT_RECOGNISERS = "askqa_builder.affect_recognisers"
"""Entry-point groups under which packages register theirs."""

_NOUNS = {
    RECOGNISERS: "recogniser",
    PREDICTORS: "quality predictor",
    AFFECT_RECOGNISERS: "recogniser of emotions",
}


@dataclass(frozen=True, eq=False)
class Clip:
    """A piece of speech: mono float32, shape [samples], full scale ±1, at `sample_rate` Hz; never empty."""

    samples: NDArray[np.float32]
    sample_rate: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / self.sample_rate

    def at(self, sample_rate: int) -> NDArray[np.float32]:
        """Return the samples at another rate, resampled where need be."""
        if self.sample_rate == sample_rate:
            return self.samples
        resampled: NDArray[np.float32] = soxr.resample(self.samples, self.sample_rate, sample_rate, quality="HQ")
        return resampled


@dataclass(frozen=True)
class ListenerInfo:
    """Who listens, for manifest and card: whatever of it can change a result.

    model: its name, never a path. revision: commit or digest of the model's files, None where there is none.
    numeric_mode: kind of device and precision with which it computes.
    """

    name: str
    library: str
    version: str
    model: str
    revision: str | None
    licence: str
    numeric_mode: str = "cpu"

    def to_json(self) -> dict[str, Any]:
        """Return the manifest's entry."""
        return asdict(self)


@dataclass(frozen=True)
class Appetite:
    """What feeds a listener best; nothing here changes a result.

    batch_seconds: speech in one batch. one_core: it computes on one core, so that every worker process opens its
    own; otherwise one serves all, in the main process. minimum_speed: × real time below which a worker counts as
    hung. start_seconds: what the first batch may take beside that.
    """

    batch_seconds: float
    one_core: bool
    minimum_speed: float = 0.2
    start_seconds: float = 120.0


class Recogniser(Protocol):
    """Writes down speech. One instance serves one process; it need not be thread-safe."""

    @property
    def info(self) -> ListenerInfo:
        """Name, versions, model, licence."""

    @property
    def appetite(self) -> Appetite:
        """What feeds it best."""

    def transcribe(self, batch: Sequence[Clip]) -> list[str]:
        """Return what is said in each clip, in order; empty text where it hears nothing.

        A clip's text does not depend on the other clips, except for rounding.
        """

    def close(self) -> None:
        """Release memory."""


class QualityPredictor(Protocol):
    """Predicts how natural speech sounds to people: a mean opinion score, 1 (bad) to 5 (excellent)."""

    @property
    def info(self) -> ListenerInfo:
        """Name, versions, model, licence."""

    @property
    def appetite(self) -> Appetite:
        """What feeds it best."""

    def predict(self, batch: Sequence[Clip]) -> list[float]:
        """Return the score of each clip, in order."""

    def close(self) -> None:
        """Release memory."""


def load_recogniser(name: str, options: Mapping[str, Any] | None = None) -> Recogniser:
    """Make the recogniser registered as `name` with its own keyword options.

    Raises UsageError where it is unknown, its library or model is missing, or an option is not its own.
    """
    recogniser: Recogniser = load_listener(RECOGNISERS, name, options or {})
    return recogniser


def load_predictor(name: str, options: Mapping[str, Any] | None = None) -> QualityPredictor:
    """Make the quality predictor registered as `name`, as `load_recogniser` does."""
    predictor: QualityPredictor = load_listener(PREDICTORS, name, options or {})
    return predictor


def takes_option(group: str, name: str, option: str) -> bool:
    """Tell whether the listener registered as `name` in a group has an option of that name. Raises UsageError."""
    return option in inspect.signature(_factory(group, name)).parameters


def check_options(group: str, name: str, options: Mapping[str, Any]) -> None:
    """Raise UsageError where no listener is registered as `name` in a group, or an option is not its own."""
    parameters = inspect.signature(_factory(group, name)).parameters
    for key in options.keys() - parameters.keys():
        takes = ", ".join(parameters) or "none"
        raise UsageError(f"{_NOUNS[group]} {name!r} has no option {key!r}; it takes {takes}")


def missing_library(name: str, library: str, extra: str = "asr") -> UsageError:
    """Say that a listener's library is not installed, and how to get it."""
    return UsageError(f'{name} needs {library}: pip install "askqa-builder[{extra}]"')


def load_listener(group: str, name: str, options: Mapping[str, Any]) -> Any:
    """Make what is registered as `name` in a group, as `load_recogniser` does."""
    check_options(group, name, options)
    where = f"{_NOUNS[group]} {name!r}"
    try:
        return _factory(group, name)(**options)
    except (AskqaError, MemoryError):
        raise
    except Exception as error:  # it may come from anywhere
        raise UsageError(f"{where} does not start: {type(error).__name__}: {error}") from error


def _factory(group: str, name: str) -> Callable[..., Any]:
    points = {point.name: point for point in entry_points(group=group)}
    if name not in points:
        known = sorted(points)
        hint = close_matches(name, known)
        raise UsageError(f"unknown {_NOUNS[group]} {name!r}{hint}; installed: {', '.join(known) or 'none'}")
    try:
        factory: Callable[..., Any] = points[name].load()
    except Exception as error:
        raise UsageError(f"{_NOUNS[group]} {name!r} cannot be loaded: {error}; install what it needs") from error
    return factory
