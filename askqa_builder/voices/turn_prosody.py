"""How one turn is spoken: its speaker's prosody, and what this turn and its style add to it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from askqa_builder.seeds import Stream
from askqa_builder.voices.casting import SpeakerProfile
from askqa_builder.voices.limits import (
    LOUDNESS,
    PAUSES,
    PITCH_RANGE,
    WIDEST_PITCH,
    WIDEST_RATE,
    clipped,
    pitch_limits,
    rate_limits,
)
from askqa_builder.voices.profiles import RoleProfile
from askqa_builder.voices.style import Style


@dataclass(frozen=True)
class Prosody:
    """rate: factor of the normal rate. pitch: semitones from the normal pitch. pitch_range: factor of F0's distances
    from its mean, in semitones. pauses: factor of silences. loudness: dB beside the speaker's level."""

    rate: float = 1.0
    pitch: float = 0.0
    pitch_range: float = 1.0
    pauses: float = 1.0
    loudness: float = 0.0

    @classmethod
    def of_style(cls, style: Style) -> Prosody:
        """Return what a style adds."""
        return cls(style.rate, style.pitch, style.pitch_range, style.pauses, style.loudness)


def draw_offset(profile: RoleProfile, *key: str | int) -> Prosody:
    """Draw what a turn adds to its speaker's prosody, from the turn's key and from nothing else."""
    return Prosody(
        profile.turn_rate.draw(Stream(*key, "turn_rate"), WIDEST_RATE),
        profile.turn_pitch.draw(Stream(*key, "turn_pitch"), WIDEST_PITCH),
    )


def combined(speaker: SpeakerProfile, *offsets: Prosody) -> Prosody:
    """Return what is asked in a turn: factors multiply, semitones and dB add, all clipped to their limits.

    The limits of rate and pitch are those of the speaker's voice. A turn without an offset has exactly the speaker's
    own rate and pitch.
    """
    return Prosody(
        clipped(prod((one.rate for one in offsets), start=speaker.rate), rate_limits(speaker.voice)),
        clipped(sum((one.pitch for one in offsets), start=speaker.pitch), pitch_limits(speaker.voice)),
        clipped(prod(one.pitch_range for one in offsets), PITCH_RANGE),
        clipped(prod(one.pauses for one in offsets), PAUSES),
        sum(one.loudness for one in offsets),
    )


def level(speaker_loudness: float, style_loudness: float) -> float:
    """Return the LUFS of a turn whose style is so many dB louder than its speaker."""
    return clipped(speaker_loudness + style_loudness, LOUDNESS)
