"""How one turn is spoken: its speaker's rate and pitch, and what this turn adds to them."""

from __future__ import annotations

from dataclasses import dataclass

from askqa_builder.seeds import Stream
from askqa_builder.voices.casting import SpeakerProfile
from askqa_builder.voices.limits import WIDEST_PITCH, WIDEST_RATE, pitch_limits, rate_limits
from askqa_builder.voices.profiles import RoleProfile
from askqa_builder.voices.voice import Limits


@dataclass(frozen=True)
class Prosody:
    """rate: factor of the normal rate. pitch: semitones from the normal pitch."""

    rate: float = 1.0
    pitch: float = 0.0


def draw_offset(profile: RoleProfile, *key: str | int) -> Prosody:
    """Draw what a turn adds to its speaker's prosody, from the turn's key and from nothing else."""
    return Prosody(
        profile.turn_rate.draw(Stream(*key, "turn_rate"), WIDEST_RATE),
        profile.turn_pitch.draw(Stream(*key, "turn_pitch"), WIDEST_PITCH),
    )


def combined(speaker: SpeakerProfile, offset: Prosody) -> Prosody:
    """Return what is asked of the speaker's voice in a turn: rates multiply, pitches add, both clipped to its limits.

    A turn without an offset has exactly the speaker's own rate and pitch.
    """
    return Prosody(
        _clipped(speaker.rate * offset.rate, rate_limits(speaker.voice)),
        _clipped(speaker.pitch + offset.pitch, pitch_limits(speaker.voice)),
    )


def _clipped(value: float, limits: Limits) -> float:
    return min(max(value, limits[0]), limits[1])
