"""How a row is put before a model: what of the story, in which clips, and how long a clip may be."""

from __future__ import annotations

import math
from dataclasses import dataclass

from askqa_builder.errors import UsageError
from askqa_builder.options import close_matches

CONTEXTS = {
    "audio": "the story is heard",
    "text": "the story is in the prompt, the dialogue is heard",
    "evidence": "the paragraph of the story that the question is about is heard, then the dialogue",
    "none": "there is no story, only the dialogue",
}

LAYOUTS = {
    "joined": "one recording",
    "turns": "a clip for each turn",
    "stereo": "one recording with two channels: the assistant on the left, the others on the right",
}

WINDOWS = {"qwen2-audio": 30.0, "whisper": 30.0, "none": None}
"""Seconds of one clip that a model hears, by its name; None where there is no limit.

Qwen2-Audio's and Whisper's feature extractors (`WhisperFeatureExtractor`, `chunk_length` 30 in both models'
`preprocessor_config.json`) cut what is longer without a word."""


@dataclass(frozen=True)
class Hearing:
    """How rows are heard.

    context: of CONTEXTS. layout: of LAYOUTS. segments: the longest clip in seconds, beyond which speech is cut at the
    ends of sentences; None to leave it whole. window: the longest clip in seconds that the target hears; None for any.
    metadata: whether labels of how it is said stand in the prompt.
    Raises UsageError where one of them is not allowed.
    """

    context: str = "audio"
    layout: str = "joined"
    segments: float | None = None
    window: float | None = None
    metadata: bool = False

    def __post_init__(self) -> None:
        for name, value, allowed in (("context", self.context, CONTEXTS), ("layout", self.layout, LAYOUTS)):
            if value not in allowed:
                raise UsageError(
                    f"{name}: {value!r} is unknown{close_matches(value, list(allowed))}; allowed: {', '.join(allowed)}"
                )
        for name, seconds in (("segments", self.segments), ("window", self.window)):
            if seconds is not None and not (math.isfinite(seconds) and seconds >= 1.0):
                raise UsageError(f"{name}: {seconds} s is not allowed; give at least 1 second")
        if self.segments is not None and self.window is not None and self.segments > self.window:
            raise UsageError(
                f"segments: {self.segments:g} s is longer than the target's window of {self.window:g} s; give at most "
                "that"
            )

    def to_json(self) -> dict[str, str | float | bool | None]:
        """Return it as a manifest holds it; without labels as it was before there were any, so that digests stay."""
        told = {"context": self.context, "layout": self.layout, "segments": self.segments, "window": self.window}
        return {**told, "metadata": True} if self.metadata else told


def parse_window(given: str | None) -> float | None:
    """Read a model's name or a number of seconds; None and "none" for no limit. Raises UsageError."""
    if given is None:
        return None
    if given in WINDOWS:
        return WINDOWS[given]
    try:
        return float(given)
    except ValueError:
        close = close_matches(given, list(WINDOWS))
        raise UsageError(f"window: {given!r} is unknown{close}; give seconds or one of {', '.join(WINDOWS)}") from None
