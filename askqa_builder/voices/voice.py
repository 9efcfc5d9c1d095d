"""What is known of one voice of an engine."""

from __future__ import annotations

from dataclasses import dataclass

Limits = tuple[float, float]
"""Lowest and highest value, both allowed."""


@dataclass(frozen=True)
class Controls:
    """What the engine itself does for a voice; what is missing or beyond it is added after synthesis.

    rate: factors of the voice's normal rate that the engine honours well, None if it has no control.
    pitch: semitones that the engine honours well, None if it has no control.
    word_times: the engine says when each word is spoken. emotions: categories that it can be asked to speak in; none
    for most engines.
    """

    rate: Limits | None
    pitch: Limits | None
    word_times: bool
    emotions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Voice:
    """One voice, as its engine lists it.

    gender and accent are None where nobody vouches for them; `metadata_source` says who does:
    "catalogue" (the engine's own list), "embedding" (matched recordings), "f0" (the gender was inferred from the
    voice's fundamental frequency) or "unknown".
    """

    name: str
    language: str
    gender: str | None
    accent: str | None
    metadata_source: str
    controls: Controls
