"""The protocol every text-to-speech engine follows, and how engines are found.

An engine takes a *batch* of utterances and says per voice what it controls natively. It never trims,
levels or resamples: what comes after synthesis is done once, elsewhere, for all engines.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.metadata import entry_points
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from askqa_builder.errors import AskqaError, SpeechError, UsageError
from askqa_builder.options import close_matches
from askqa_builder.voices.emotion import Affect
from askqa_builder.voices.reference import Reference
from askqa_builder.voices.voice import Voice

ENTRY_POINT_GROUP = "askqa_builder.engines"

_GIVEN_APART = frozenset({"device", "references"})
"""Parameters of an engine that are no options of a profile set."""

Samples = NDArray[np.float32]
"""Mono waveform, shape [samples], full scale ±1."""

Pcm = NDArray[np.int16]
"""Mono 16-bit samples, shape [samples]."""


@dataclass(frozen=True)
class Utterance:
    """One call's worth of speech: what to say, in whose voice and how.

    text: spoken text, printable ASCII words and simple punctuation, never empty.
    rate: factor of the voice's normal rate (1.2 is faster). pitch: semitones from its normal pitch.
    seed: 0 ≤ seed < 2**53; the same utterance gives the same samples whatever else is in the batch.
    recordings: names under which it may have been recorded, for an engine that plays instead of speaking.
    pitch_range: factor of F0's distances from its mean, in semitones. pauses: factor of the silences in the speech.
    Both are added after synthesis: no engine is asked for them.
    emotion, instructions: how to say it, as in `Style`; only for voices whose `Controls.emotions` has the category.
    prepared: what the engine's own `prepare` made of the text, where that was done beforehand.
    """

    text: str
    voice: str
    rate: float = 1.0
    pitch: float = 0.0
    seed: int = 0
    recordings: tuple[str, ...] = ()
    pitch_range: float = 1.0
    pauses: float = 1.0
    emotion: Affect | None = None
    instructions: str | None = None
    prepared: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class WordTime:
    """When one word is heard (integer samples) and where it stands in the utterance's text (characters)."""

    start: int
    end: int
    char_start: int
    char_end: int


@dataclass(frozen=True, eq=False)
class Speech:
    """What an engine returns for one utterance; words are in order and lie inside the samples."""

    samples: Samples
    sample_rate: int
    words: tuple[WordTime, ...] = ()


@dataclass(frozen=True)
class Pace:
    """What a build must know of an engine to plan for it; nothing here changes a sample.

    words_per_minute: nominal, for estimates of size. minimum_speed: × real time below which a worker counts as
    hung. start_seconds: what a block may take beside that, as for something loaded when it first speaks.
    apart: speaking is better done by one process for all, on its device or over the network, while workers
    finish what it has spoken; that process calls `speak` from two threads. Otherwise every worker speaks for itself.
    """

    words_per_minute: float
    minimum_speed: float = 2.0
    start_seconds: float = 60.0
    apart: bool = False


@dataclass(frozen=True)
class EngineInfo:
    """Who an engine is, for manifest, card and digest: whatever of it can change a sample.

    sample_rate: of its speech, Hz. numeric_mode: kind of device and precision with which it computes.
    watermark: name of the mark that its speech carries, None where there is none.
    """

    name: str
    library: str
    version: str
    model: str | None
    revision: str | None
    licence: str
    sample_rate: int
    pace: Pace
    numeric_mode: str = "cpu-float32"
    watermark: str | None = None


class Engine(Protocol):
    """A text-to-speech engine. One instance serves one process; it need not be thread-safe."""

    @property
    def info(self) -> EngineInfo:
        """Name, versions, licence."""

    @property
    def voices(self) -> Mapping[str, Voice]:
        """All voices by name; a name that is not here is never passed to `speak`."""

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        """Speak a batch; item i answers utterance i.

        An utterance that cannot be spoken is *returned* as a SpeechError, so that it costs its own
        conversation only. Raises nothing for the text's sake.
        """

    def close(self) -> None:
        """Release processes and memory."""


@runtime_checkable
class PreparingEngine(Engine, Protocol):
    """An engine that can do part of its work before it needs its device, in another process."""

    def prepare(self, text: str) -> Any:
        """Return what `Utterance.prepared` takes for a text; it can be pickled. Loads no model."""


LOUDEST = 8.0
"""Samples beyond this are no speech at full scale ±1 but another scale, such as 16-bit integers."""


def checked(answer: object, utterance: Utterance, engine: str) -> Speech | SpeechError:
    """Return what an engine answered if it keeps the protocol, else a SpeechError that says what is wrong.

    Engines may come from anywhere; what they get wrong must not reach a dataset.
    """
    if isinstance(answer, SpeechError):
        return answer
    fault = _fault(answer, utterance) if isinstance(answer, Speech) else f"an answer of type {type(answer).__name__}"
    if fault:
        return SpeechError(f"engine {engine} returned {fault}")
    assert isinstance(answer, Speech)
    return answer


def _fault(speech: Speech, utterance: Utterance) -> str | None:
    samples = speech.samples
    if not isinstance(samples, np.ndarray) or samples.dtype != np.float32 or samples.ndim != 1:
        return "samples that are not mono float32"
    if isinstance(speech.sample_rate, bool) or not isinstance(speech.sample_rate, int) or speech.sample_rate < 1:
        return f"the sampling rate {speech.sample_rate!r}"
    if not len(samples):
        return "no samples"
    if not max(float(samples.max()), -float(samples.min())) <= LOUDEST:  # also where one is not a number
        return "samples that are not numbers at full scale ±1"
    before = 0
    for word in speech.words:
        inside = before <= word.start < word.end <= len(samples)
        if not inside or not 0 <= word.char_start < word.char_end <= len(utterance.text):
            return "word times out of order or outside the speech"
        before = word.start
    return None


def engine_names() -> list[str]:
    """Names of the installed engines, sorted; third-party packages register under the entry-point group."""
    return sorted({point.name for point in entry_points(group=ENTRY_POINT_GROUP)})


def load_engine(
    name: str,
    options: Mapping[str, Any] | None = None,
    *,
    device: str | None = None,
    references: Mapping[str, Reference] | None = None,
) -> Engine:
    """Make the engine registered as `name` with its own keyword options.

    device: "cpu", "cuda" or "cuda:N" for engines that compute on one (see `takes_device`); None leaves it to them.
    references: clips by voice name, for engines that clone.
    Raises UsageError where the engine is unknown, its library is missing, an option is not its own, or it cannot
    clone.
    """
    factory = _factory(name)
    keywords = dict(options or {})
    for key in _GIVEN_APART & keywords.keys():
        raise UsageError(f"engine {name!r}: {key!r} is not one of its options")
    if device is not None and "device" in _parameters(factory):
        keywords["device"] = device
    if references:
        if "references" not in _parameters(factory):
            raise UsageError(f"engine {name!r} clones no voices; give names of its own instead of recordings")
        keywords["references"] = references
    _check_options(factory, keywords, f"engine {name!r}")
    try:
        engine: Engine = factory(**keywords)
    except (AskqaError, MemoryError):
        raise
    except Exception as error:
        raise UsageError(f"engine {name!r} does not start: {type(error).__name__}: {error}") from error
    return engine


def _check_options(factory: Callable[..., Engine], keywords: Mapping[str, Any], where: str) -> None:
    """Raise UsageError where an option is not the engine's own; engines that take any see to it themselves."""
    parameters = _parameters(factory)
    known = [key for key in parameters if key not in _GIVEN_APART]
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        for key in keywords:
            if key not in parameters:
                raise UsageError(
                    f"{where}: unknown option {key!r}{close_matches(key, known)}; allowed: {', '.join(known) or 'none'}"
                )
    try:
        inspect.signature(factory).bind(**keywords)
    except TypeError as error:
        raise UsageError(f"{where}: {error}") from error


def takes_device(name: str) -> bool:
    """Tell whether the engine registered as `name` computes on a device of the user's choice. Raises UsageError."""
    return "device" in _parameters(_factory(name))


def prepares(name: str) -> bool:
    """Tell whether the engine registered as `name` is a `PreparingEngine`. Raises UsageError."""
    return hasattr(_factory(name), "prepare")


def _factory(name: str) -> Callable[..., Engine]:
    found = [point for point in entry_points(group=ENTRY_POINT_GROUP) if point.name == name]
    if not found:
        raise UsageError(f"unknown engine {name!r}; installed: {', '.join(engine_names())}")
    try:
        factory: Callable[..., Engine] = found[0].load()
    except Exception as error:  # it may come from anywhere
        package = found[0].dist.name if found[0].dist else found[0].value
        raise UsageError(f"engine {name!r} of {package} cannot be loaded: {error}; install what it needs") from error
    return factory


def _parameters(factory: Callable[..., Engine]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(factory).parameters


def find_voices(engine: Engine, pattern: str) -> list[Voice]:
    """Return the voices whose names fit a shell pattern, sorted. Raises UsageError where none does."""
    found = [engine.voices[name] for name in sorted(engine.voices) if fnmatchcase(name, pattern) or name == pattern]
    if not found:
        raise UsageError(f"engine {engine.info.name} has no voice like {pattern!r}; askqa voices {engine.info.name}")
    return found
