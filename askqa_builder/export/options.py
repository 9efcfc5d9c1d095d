"""What was asked of an export, and what of that its format takes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.export.format import Format, SoundRules
from askqa_builder.hearing.options import Hearing, parse_window
from askqa_builder.recording.encode import FORMATS, AudioFormat

_LOG = logging.getLogger(__name__)

LOWEST_RATE, HIGHEST_RATE = 4000, 192000


@dataclass(frozen=True)
class Wishes:
    """The options of an export as given; None for the format's default.

    window: a model's name, or seconds. metadata: whether labels of how it is said stand in prompts.
    """

    context: str | None = None
    layout: str | None = None
    segments: float | None = None
    window: str | float | None = None
    sample_rate: int | None = None
    audio_format: str | None = None
    metadata: bool = False


@dataclass(frozen=True)
class SoundChoice:
    """How the sound of an export is made. sampling_rate: Hz, None for the recording's own. stereo: may be, too."""

    hearing: Hearing
    sampling_rate: int | None
    audio: AudioFormat
    stereo: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as the manifest holds it."""
        return {**self.hearing.to_json(), "sampling_rate": self.sampling_rate, "audio_format": self.audio.name}


def choose(chosen: Format[Any], wishes: Wishes) -> SoundChoice:
    """Complete what is asked for by the format's defaults; a window that the model does not have is warned about.

    Raises UsageError where the format does not take it.
    """
    rules = chosen.sound
    _check(chosen.name, rules, wishes)
    if wishes.metadata and not chosen.prompted:
        raise UsageError(f"metadata: {chosen.name} has no prompts to put labels into; leave --metadata out")
    window = rules.window if wishes.window is None else parse_window(str(wishes.window))
    if rules.known_window and rules.window is not None and (window is None or window > rules.window):
        _LOG.warning(
            "askqa: %s hears %g s of a clip and drops the rest, whatever --window says: longer clips are for another "
            "model",
            chosen.title,
            rules.window,
        )
    hearing = Hearing(
        context=wishes.context or rules.contexts[0],
        layout=wishes.layout or rules.layouts[0],
        segments=wishes.segments,
        window=window,
        metadata=wishes.metadata,
    )
    return SoundChoice(
        hearing=hearing,
        sampling_rate=wishes.sample_rate or rules.sampling_rate,
        audio=FORMATS[wishes.audio_format or rules.audio_formats[0]],
        stereo="stereo" in rules.layouts,
    )


def check_for_tasks(wishes: Wishes, *, spoken: bool) -> None:
    """Raise UsageError where something is asked for that only a dataset can give. spoken: so are the responses."""
    if spoken:
        raise UsageError("response-audio: a task set's answers are not all responses; export the dataset instead")
    for name, value in (("context", wishes.context), ("layout", wishes.layout), ("segments", wishes.segments)):
        if value is not None:
            raise UsageError(f"{name}: the clips of a task set are cut already; give --{name} to askqa tasks instead")
    if wishes.metadata:
        raise UsageError("metadata: a task set's prompts are made already; give --metadata to askqa tasks instead")


def _check(name: str, rules: SoundRules, wishes: Wishes) -> None:
    for option, value, allowed in (
        ("context", wishes.context, rules.contexts),
        ("layout", wishes.layout, rules.layouts),
        ("audio-format", wishes.audio_format, rules.audio_formats),
    ):
        if value is not None and value not in allowed:
            raise UsageError(f"{option}: {name} does not take {value!r}; allowed: {', '.join(allowed)}")
    rate = wishes.sample_rate
    if rate is not None and rules.fixed_rate and rate != rules.sampling_rate:
        raise UsageError(f"sample-rate: {name} is at {rules.sampling_rate} Hz")
    if rate is not None and not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UsageError(f"sample-rate: {rate} Hz is not allowed; give {LOWEST_RATE} to {HIGHEST_RATE}")
    if wishes.segments is not None and rules.whole:
        raise UsageError(f"segments: {name} takes a recording whole; leave --segments out")
