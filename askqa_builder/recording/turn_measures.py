"""What is measured of the speech of one turn, whatever was asked of its voice."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from askqa_builder.recording.timeline import FULL_SCALE, to_samples, to_seconds
from askqa_builder.speech.engine import Pcm
from askqa_builder.speech.f0 import FRAME_STEP, MINIMUM_VOICED_SECONDS, melody, track_f0
from askqa_builder.speech.silences import inner_silences

F0_SECONDS = 10.0
"""How much of a turn F0 is looked for in, from its start: it is the dearest measure, and a narration is long."""

PAUSE_SECONDS = 0.15
"""Silences from here on are pauses, not articulation. Stop closures are shorter; limits in use are 0.1 to 0.3 s
(de Jong and Bosker, "Choosing a threshold for silent pauses to measure second language fluency", DiSS 2013)."""

F0_PERCENTILES = (5.0, 95.0)
"""What the range reaches from and to; the few frames beyond are as often the tracker's octave errors as the voice."""


@dataclass(frozen=True)
class TurnMeasures:
    """What a turn sounds like; None where it cannot be said.

    f0_mean: Hz, the mean on the scale of semitones over the frames from the 5th to the 95th percentile. f0_range:
    semitones between those percentiles. articulation_rate: syllables a second, pauses left out (de Jong and Wempe 2009,
    Behavior Research Methods 41), those of the text. energy: RMS of the speech without its pauses, dB relative to full
    scale (±1).
    """

    f0_mean: float | None
    f0_range: float | None
    articulation_rate: float | None
    energy: float | None

    def to_json(self) -> dict[str, float | None]:
        """Return it as rows hold it."""
        return asdict(self)


def measure_turn(pcm: Pcm, sample_rate: int, syllables: int | None) -> TurnMeasures:
    """Measure a turn that is trimmed to its speech. syllables: how many its text has, as `count_syllables` has them.

    F0 is None under 0.1 s of voice, the rate of no or unknown syllables or no sound is None, the energy of silence is
    None. F0 is that of the first F0_SECONDS, the others are of the whole turn.
    """
    samples = pcm.astype(np.float32)
    samples /= FULL_SCALE
    energy, speech = _speech(samples, sample_rate)
    f0_mean, f0_range = _melody(samples, sample_rate)
    rate = syllables / to_seconds(speech, sample_rate) if syllables and energy is not None else None
    return TurnMeasures(f0_mean, f0_range, rate, energy)


def _speech(samples: np.ndarray, sample_rate: int) -> tuple[float | None, int]:
    """Energy in dBFS and length in samples of what is left without the pauses."""
    pauses = inner_silences(samples, sample_rate, PAUSE_SECONDS)
    length = len(samples) - int(np.sum(pauses[:, 1] - pauses[:, 0]))
    energy = _energy(samples) - sum(_energy(samples[start:end]) for start, end in pauses)
    if length == 0 or energy <= 0:
        return None, length
    return 10 * math.log10(energy / length), length


def _energy(samples: np.ndarray) -> float:
    # not `dot`: its last bits depend on the processor
    return float(np.sum(np.square(samples), dtype=np.float64))


def _melody(samples: np.ndarray, sample_rate: int) -> tuple[float | None, float | None]:
    """Mean F0 in Hz and range in semitones."""
    _, semitones = melody(track_f0(samples[: to_samples(F0_SECONDS, sample_rate)], sample_rate))
    if len(semitones) * FRAME_STEP < MINIMUM_VOICED_SECONDS:
        return None, None
    low, high = np.percentile(semitones, F0_PERCENTILES)
    mean = np.mean(semitones[(semitones >= low) & (semitones <= high)])
    return float(2 ** (mean / 12)), float(high - low)
