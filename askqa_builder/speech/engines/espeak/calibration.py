"""Which of espeak's settings make a voice speak at a rate and a pitch; the tables were measured."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from askqa_builder.voices.voice import Limits

# Measured (en-us, en-gb, en-gb-scotland, en-gb-x-rp+m3, klatt, f3; two texts): the factor of the rate at 175 that a
# setting of espeak's words a minute yields. Within 3 % from 0.7 to 1.4, 8 % at the limits: pauses shrink less than
# words, so it depends on the text, hardly on the accent.
_RATE_TABLE = (
    (90, 0.497), (100, 0.555), (110, 0.613), (120, 0.670), (130, 0.733), (140, 0.793), (150, 0.849),
    (160, 0.911), (175, 1.000), (190, 1.092), (205, 1.183), (220, 1.274), (235, 1.368), (250, 1.453),
    (265, 1.544), (280, 1.638), (295, 1.720), (310, 1.822), (330, 1.958), (350, 2.098),
)  # fmt: skip
_WORDS_PER_MINUTE, _RATE_FACTORS = zip(*_RATE_TABLE, strict=True)
_RATE_LIMITS: Limits = (0.5, 2.0)

# Variants that set the lengths of syllables or pauses themselves yield such a factor to a power, one below the normal
# rate and one above (measured by benchmarks/espeak_variants.py with en-us: 3 % are left at most from 0.7 to 1.4; with
# en-gb-scotland 4.5 %).
_RATE_POWERS = {
    "Alicia": (1.09, 1.14),
    "Andrea": (0.92, 0.88),
    "Andy": (1.03, 1.05),
    "AnxiousAndy": (1.13, 1.18),
    "Lee": (1.02, 1.04),
    "Marco": (1.15, 1.21),
    "RicishayMax": (0.95, 0.93),
    "RicishayMax2": (0.85, 0.75),
    "RicishayMax3": (0.82, 0.80),
    "UniRobot": (0.87, 0.83),
    "anika": (0.91, 0.88),
    "anikaRobot": (0.92, 0.88),
    "announcer": (0.94, 0.86),
    "antonio": (0.91, 0.87),
    "aunty": (1.02, 1.04),
    "f1": (1.02, 1.04),
    "linda": (1.02, 1.04),
    "m2": (0.99, 0.96),
    "m4": (1.02, 1.07),
    "pedro": (0.91, 0.87),
    "robosoft": (0.89, 0.87),
    "robosoft2": (0.89, 0.87),
    "robosoft3": (0.89, 0.87),
    "robosoft4": (0.90, 0.87),
    "robosoft5": (0.90, 0.88),
    "robosoft7": (0.90, 0.88),
}

# espeak ends sounds at whole periods of the voice, so lower speech takes longer: measured (en-us, en-us+f3,
# en-gb-x-rp+m6), by so many periods a second at the normal rate.
_PERIODS_A_SECOND = 1.2

# espeak's settings of pitch and range go from 0 to 99, 50 being the voice's own.
_NEUTRAL, _HIGHEST = 50, 99
# Pitch p multiplies the base of the voice's fundamental frequency by 2**((p - 50) / 50), kept in 128ths.
_BASE_FACTORS = tuple(round(128 * 2 ** ((p - _NEUTRAL) / _NEUTRAL)) / 128 for p in range(_HIGHEST + 1))
# A voice file's line `pitch LOW HIGH` gives the base as LOW - 9 Hz and 108 / 4096 × (HIGH - LOW) Hz for each
# level of intonation; the level that a change of range leaves where it is, is 18 (SetPitch2 in wavegen.c).
_BASE_OFFSET_HZ, _HZ_PER_LEVEL, _NEUTRAL_LEVEL = 9.0, 108 / 4096, 18
_DEFAULT_PITCH_LINE = "80 118"
_PITCH_CAP = 12.0
# Above 50 espeak moves the formants up as well, by 25 / 256 for each 50 (SetPitchFormants in wavegen.c): by 2 % here.
_HIGHEST_THAT_KEEPS_FORMANTS = 60


class Settings(NamedTuple):
    """What espeak is told: words a minute, and pitch and range of intonation from 0 to 99."""

    words_per_minute: int
    pitch: int
    pitch_range: int


@dataclass(frozen=True)
class Calibration:
    """Of one voice.

    base_hz, neutral_rise_hz: the base of its fundamental frequency, and what the neutral level of intonation adds.
    slow, fast: the powers of `_RATE_POWERS`.
    """

    base_hz: float
    neutral_rise_hz: float
    slow: float = 1.0
    fast: float = 1.0

    @classmethod
    def of_voice(cls, variant: str, pitch_line: str | None) -> Calibration:
        """variant: its name, "" without one. pitch_line: what the voice's file says of `pitch`, None for nothing."""
        low, high = map(float, (pitch_line or _DEFAULT_PITCH_LINE).split()[:2])
        rise = _NEUTRAL_LEVEL * _HZ_PER_LEVEL * (high - low)
        return cls(low - _BASE_OFFSET_HZ, rise, *_RATE_POWERS.get(variant, (1.0, 1.0)))

    @property
    def rates(self) -> Limits:
        """The factors of the normal rate that espeak reaches."""
        low, high = _RATE_LIMITS
        return max(low, _RATE_FACTORS[0] ** self.slow), min(high, _RATE_FACTORS[-1] ** self.fast)

    @property
    def pitches(self) -> Limits:
        """The semitones that espeak reaches without moving the formants."""
        share = self.neutral_rise_hz / self.base_hz
        bases = (_BASE_FACTORS[0], _BASE_FACTORS[_HIGHEST_THAT_KEEPS_FORMANTS])
        low, high = ((base + share) / (1 + share) for base in bases)
        # inwards to tenths of a semitone
        semitones = np.ceil(120 * np.log2(low)) / 10, np.floor(120 * np.log2(high)) / 10
        return max(float(semitones[0]), -_PITCH_CAP), min(float(semitones[1]), _PITCH_CAP)

    def settings(self, rate: float, semitones: float) -> Settings:
        """The settings for a factor of the normal rate and a change of pitch, both within the limits."""
        table_rate = rate ** (1 / (self.fast if rate > 1 else self.slow))
        words = round(float(np.interp(table_rate, _RATE_FACTORS, _WORDS_PER_MINUTE)))
        words += round(words * self._lengthening(semitones) * rate)
        return Settings(words, *self._pitch_settings(semitones))

    def _pitch_settings(self, semitones: float) -> tuple[int, int]:
        """Move the whole contour: base and range by the same factor."""
        factor = 2 ** (semitones / 12)
        # a change of range leaves the neutral level where it is, so the base must carry that level's share
        base = factor + (factor - 1) * self.neutral_rise_hz / self.base_hz
        above = min(bisect_left(_BASE_FACTORS, base), _HIGHEST)
        nearest = min((max(above - 1, 0), above), key=lambda p: abs(_BASE_FACTORS[p] - base))
        return nearest, min(round(_NEUTRAL * factor), _HIGHEST)

    def _lengthening(self, semitones: float) -> float:
        """The share by which speech at the normal rate gets longer with a pitch, or shorter below 0."""
        period = 1 / (self.base_hz + self.neutral_rise_hz)
        return _PERIODS_A_SECOND * period * (2 ** (-semitones / 12) - 1)
