"""How far a voice may be changed, and the other limits that drawn values must keep."""

from __future__ import annotations

from askqa_builder.voices.voice import Limits, Voice

WIDEST_RATE: Limits = (0.5, 2.0)
"""Factors of the normal rate beyond which no engine's own control is used."""

WIDEST_PITCH: Limits = (-12.0, 12.0)
"""Semitones beyond which no engine's own control is used."""

POST_SYNTHESIS_RATE: Limits = (0.7, 1.4)
"""Factors of the normal rate where the rate is changed after synthesis."""

POST_SYNTHESIS_PITCH: Limits = (-4.0, 4.0)
"""Semitones where the pitch is changed after synthesis."""

PITCH_RANGE: Limits = (0.3, 2.0)
"""Factors of F0's distances from its mean, in semitones, added after synthesis: less is a monotone, more a yodel."""

PAUSES: Limits = (0.3, 3.0)
"""Factors of the silences within a turn and before it."""

STYLE_LOUDNESS: Limits = (-12.0, 12.0)
"""dB by which a style is softer or louder than its speaker."""

LOUDNESS: Limits = (-40.0, -10.0)
"""LUFS of one turn; at -10 a peak of -1 dBFS leaves hardly any dynamics, at -40 noise is near."""

GAP: Limits = (0.15, 1.5)
"""Seconds of a pause between two turns."""

EDGE: Limits = (0.0, 5.0)
"""Seconds of the silence before the first turn and after the last."""


def clipped(value: float, limits: Limits) -> float:
    """Return the nearest value inside the limits."""
    return min(max(value, limits[0]), limits[1])


def rate_limits(voice: Voice) -> Limits:
    """Factors of the normal rate that may be asked of a voice: the engine's own, and what can be added."""
    return _reach(voice.controls.rate, WIDEST_RATE, POST_SYNTHESIS_RATE)


def pitch_limits(voice: Voice) -> Limits:
    """Semitones that may be asked of a voice: the engine's own, and what can be added."""
    return _reach(voice.controls.pitch, WIDEST_PITCH, POST_SYNTHESIS_PITCH)


def _reach(native: Limits | None, widest: Limits, added: Limits) -> Limits:
    if native is None:
        return added
    return min(max(native[0], widest[0]), added[0]), max(min(native[1], widest[1]), added[1])
