"""Change the pitch and the rate of recorded speech; the formants, and with them the speaker, stay.

Time-domain pitch-synchronous overlap-add: Moulines and Charpentier, "Pitch-synchronous waveform processing
techniques for text-to-speech synthesis using diphones", Speech Communication 9 (1990). Everything is
expressed through the *phase* of the voice, the number of periods since the start of the signal: pitch marks
stand where the phase of the source has a given fractional part, synthesis marks where that of the output is
whole. Both are then found by interpolation, and nothing steps from period to period.

The melody is made wider or narrower on the scale of semitones: excursions of as many semitones are heard as equal,
whoever speaks (Traunmüller and Eriksson, "The perceptual evaluation of F0 excursions in speech as evidenced in
liveliness estimations", JASA 97, 1995).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askqa_builder.speech.engine import Samples
from askqa_builder.speech.f0 import ANALYSIS_RATE, FRAME_STEP, LOWEST_HZ, F0Track, melody, to_analysis_rate, track_f0
from askqa_builder.voices.limits import PITCH_RANGE, POST_SYNTHESIS_PITCH, POST_SYNTHESIS_RATE
from askqa_builder.voices.voice import Limits

_GRID_STEP = 0.001
# Grains of what has no pitch: their rate and, where the duration changes, how far each is moved at random.
_UNVOICED_HZ = 100.0
_JITTER_SECONDS = 0.004
_JITTER_SEED = 20_231_107
_ENERGY_SECONDS = 0.1
_GRAINS_PER_BLOCK = 256
_MARGIN_SECONDS = 0.05
# The melody that is made wider or narrower: without single frames of the tracker's, and as slow as syllables.
_OUTLIER_FRAMES = 7
_MELODY_SECONDS = 0.06
# How far a period is moved at most for the melody's sake, beside the pitch; beyond, speech sounds processed.
_MELODY_SEMITONES = 4.0

_Floats = NDArray[np.float64]
_Flags = NDArray[np.bool_]


def modify(
    samples: Samples, sample_rate: int, pitch: float = 0.0, rate: float = 1.0, pitch_range: float = 1.0
) -> Samples:
    """Shift the pitch by `pitch` semitones, widen the melody by `pitch_range`, speed the speech up by `rate`.

    samples: float32, shape [samples]. sample_rate: Hz. pitch: −4 to 4. rate: 0.7 to 1.4; 1.2 makes the speech
    1.2 times shorter. pitch_range: 0.3 to 2, factor of F0's distances from the mean, in semitones; the mean and what
    is faster than syllables stay. Returns float32, shape [round(samples / rate)]; where nothing changes, the input.
    Unvoiced speech keeps its very samples unless the rate changes. Deterministic. Raises ValueError outside the
    limits, beyond which speech sounds processed.
    """
    _require_inside("pitch", pitch, POST_SYNTHESIS_PITCH)
    _require_inside("rate", rate, POST_SYNTHESIS_RATE)
    _require_inside("pitch_range", pitch_range, PITCH_RANGE)
    if (pitch == 0 and rate == 1 and pitch_range == 1) or not len(samples):
        return samples
    track = track_f0(to_analysis_rate(samples, sample_rate), ANALYSIS_RATE)
    voice = _follow_voice(samples, sample_rate, track)
    factor: _Floats | float = 2 ** (pitch / 12)
    if pitch_range != 1:
        factor = 2 ** (np.interp(voice.times, *_widened(track, pitch, pitch_range)) / 12)
    grains = _place_grains(voice, factor, rate)
    return _overlap_add(samples, sample_rate, grains, round(len(samples) / rate))


def _require_inside(what: str, value: float, limits: Limits) -> None:
    low, high = limits
    if not low <= value <= high:
        raise ValueError(f"{what} is {value:g}; the limits are {low:g} and {high:g}")


@dataclass(frozen=True, eq=False)
class _Voice:
    """The voice at every _GRID_STEP seconds from the start to beyond the end; all shape [points].

    phase: in periods, increasing; where unvoiced it counts grains. voiced: whether there is a voice.
    mark: the fractional part of the phase at the pitch marks.
    """

    times: _Floats
    phase: _Floats
    voiced: _Flags
    mark: _Floats


@dataclass(frozen=True, eq=False)
class _Grains:
    """Pieces of the source and where they go; all shape [grains].

    target: instant of the output, seconds, increasing, from 0 to beyond the end. source: instant of the input
    that goes there. period: of the voice there, seconds. voiced: whether the grain is one period of a voice.
    gain: of the grain's amplitude.
    """

    target: _Floats
    source: _Floats
    period: _Floats
    voiced: _Flags
    gain: NDArray[np.float32]


def _follow_voice(samples: Samples, sample_rate: int, track: F0Track) -> _Voice:
    times = np.arange(0, len(samples) / sample_rate + _MARGIN_SECONDS, _GRID_STEP)
    voiced, hertz = _on_grid(track, times)
    phase = np.concatenate(([0.0], np.cumsum(0.5 * (hertz[1:] + hertz[:-1]) * _GRID_STEP)))
    if not voiced.any():
        return _Voice(times, phase, voiced, np.zeros(len(times)))
    return _Voice(times, phase, voiced, _centre_of_energy(samples, sample_rate, times, phase, voiced))


def _widened(track: F0Track, pitch: float, pitch_range: float) -> tuple[_Floats, _Floats]:
    """Instants in seconds, and the semitones that F0 is moved by there, the pitch included; both shape [points].

    Slow enough that neighbouring periods are moved alike, across what is unvoiced as well.
    """
    frames, semitones = melody(track)
    if not len(frames):
        return np.zeros(1), np.full(1, pitch)
    reach = _OUTLIER_FRAMES // 2
    around = np.lib.stride_tricks.sliding_window_view(np.pad(semitones, reach, "edge"), _OUTLIER_FRAMES)
    steady = np.median(around, axis=1)
    low, high = np.percentile(steady, (5, 95))
    moved = (pitch_range - 1) * (steady - steady[(steady >= low) & (steady <= high)].mean())
    # A limit without a corner, close to the identity up to half of it.
    moved = pitch + moved / (1 + (moved / _MELODY_SEMITONES) ** 4) ** 0.25
    # Lower than voices go, periods are heard one by one; who speaks there by nature or by the pitch stays.
    floor = np.minimum(12 * np.log2(LOWEST_HZ) - steady, min(pitch, 0.0))
    moved = np.maximum(moved, floor)
    everywhere = np.interp(np.arange(len(track.f0_hz)), frames, moved)
    half = round(_MELODY_SECONDS / FRAME_STEP)
    window: _Floats = np.hanning(2 * half + 1) / half
    smooth: _Floats = np.convolve(np.pad(everywhere, half, "edge"), window, "valid")
    instants: _Floats = np.arange(len(smooth), dtype=np.float64) * FRAME_STEP
    return instants, smooth


def _on_grid(track: F0Track, times: _Floats) -> tuple[_Flags, _Floats]:
    """Voicing and F0 in Hz at the given times, _UNVOICED_HZ where unvoiced."""
    nearest = np.minimum(np.rint(times / FRAME_STEP).astype(np.intp), len(track.f0_hz) - 1)
    voiced = track.voiced[nearest]
    hertz = np.full(len(times), _UNVOICED_HZ)
    if voiced.any():
        frames = np.flatnonzero(track.voiced)
        hertz[voiced] = np.interp(times[voiced], frames * FRAME_STEP, track.f0_hz[frames])
    return voiced, hertz


def _centre_of_energy(samples: Samples, sample_rate: int, times: _Floats, phase: _Floats, voiced: _Flags) -> _Floats:
    """Fractional part of the phase about which the periods nearby have their energy, shape [points].

    Marks there keep the excitation of each period in the middle of its grain; the difference of neighbouring
    samples stands for the signal, because the excitation is sharp and the formants ring on. The mean reaches
    far enough not to follow every change of vowel, which would be heard as unsteady pitch, and near enough to
    make good what the integrated F0 drifts by; it never reaches beyond the voiced stretch.
    """
    block = max(1, sample_rate // ANALYSIS_RATE)
    step = block / sample_rate
    sharp = np.diff(samples, prepend=samples[:1])[: len(samples) // block * block]
    energy = np.square(sharp).reshape(-1, block).sum(axis=1)
    angle = 2 * np.pi * (np.interp((np.arange(len(energy)) + 0.5) * step, times, phase) % 1)
    total = np.concatenate(([0], np.cumsum(energy * np.exp(1j * angle))))
    point = np.arange(len(times))
    unvoiced_before = np.maximum.accumulate(np.where(voiced, -1, point))
    unvoiced_after = np.minimum.accumulate(np.where(voiced, len(times), point)[::-1])[::-1]
    reach = round(_ENERGY_SECONDS / _GRID_STEP)
    first = np.maximum(point - reach, unvoiced_before + 1) * _GRID_STEP
    last = np.minimum(point + reach, unvoiced_after - 1) * _GRID_STEP
    boundaries = np.arange(len(total)) * step
    mean: _Floats = np.interp(last, boundaries, total) - np.interp(first, boundaries, total)
    return np.angle(mean) / (2 * np.pi)


def _place_grains(voice: _Voice, factor: _Floats | float, rate: float) -> _Grains:
    """Synthesis marks, `factor` times as many per second as there are periods, and the nearest source mark.

    factor: one, or that of each point.
    """
    advance = np.diff(voice.phase, prepend=0.0) * np.where(voice.voiced, factor, 1.0) / rate
    output_phase = np.cumsum(advance)
    instants = np.interp(np.arange(int(output_phase[-1]) + 1), output_phase, voice.times)
    point = np.minimum(np.rint(instants / _GRID_STEP).astype(np.intp), len(voice.times) - 1)
    voiced, mark = voice.voiced[point], voice.mark[point]
    nearest = np.rint(np.interp(instants, voice.times, voice.phase) - mark) + mark
    marks = np.interp(nearest, voice.phase, voice.times)
    period = _GRID_STEP / np.gradient(voice.phase)[point]
    # Fewer periods a second carry less power. More of them do not carry more: their grains are cut shorter.
    there = factor[point] if isinstance(factor, np.ndarray) else factor
    gain = np.where(voiced, np.maximum(1.0, there**-0.5), 1.0).astype(np.float32)
    if rate == 1:
        return _Grains(instants, np.where(voiced, marks, instants), period, voiced, gain)
    # Noise repeated at a fixed distance has a pitch; at a random one it has none.
    jitter = np.random.default_rng(_JITTER_SEED).uniform(-_JITTER_SECONDS, _JITTER_SECONDS, len(instants))
    return _Grains(instants / rate, np.where(voiced, marks, instants + jitter), period, voiced, gain)


def _overlap_add(samples: Samples, sample_rate: int, grains: _Grains, length: int) -> Samples:
    """Put the grains together, shape [length].

    Between two synthesis marks only the grain before, fading out, and the one after, fading in, are heard. So
    each output sample is a sum of two input samples, and stretches of output are computed independently.
    """
    target = grains.target * sample_rate
    margin = round(_MARGIN_SECONDS * sample_rate)
    padded = np.pad(samples, margin)
    delay = np.rint(grains.source * sample_rate - target).astype(np.intp) + margin
    gap = np.diff(target)
    both_voiced = grains.voiced[1:] & grains.voiced[:-1]
    # A voiced grain wider than a period on either side would bring its neighbours' pulses with it.
    period = grains.period * sample_rate
    fall = np.where(both_voiced, np.minimum(gap, period[:-1]), gap)
    rise = np.where(both_voiced, np.minimum(gap, period[1:]), gap)
    # Noises from different places add in power, what stays together adds in amplitude.
    in_power = (np.diff(delay) != 0) & ~grains.voiced[1:] & ~grains.voiced[:-1]
    first = np.minimum(np.ceil(target).astype(np.intp), length)
    output = np.empty(length, np.float32)
    for start in range(0, len(gap), _GRAINS_PER_BLOCK):
        stop = min(start + _GRAINS_PER_BLOCK, len(gap))
        # Which gap each sample of the block lies in; the grain before it has the same number.
        gaps = np.repeat(np.arange(start, stop), np.diff(first[start : stop + 1]))
        instant = np.arange(first[start], first[stop])
        since = instant - target[gaps]
        before = padded.take(instant + delay[gaps], mode="clip") * grains.gain[gaps]
        before *= _fade(since / fall[gaps], in_power[gaps])
        after = padded.take(instant + delay[gaps + 1], mode="clip") * grains.gain[gaps + 1]
        after *= _fade((gap[gaps] - since) / rise[gaps], in_power[gaps])
        output[first[start] : first[stop]] = before + after
    return output


def _fade(distance: _Floats, in_power: _Flags) -> NDArray[np.float32]:
    """Half a Hann window, or its square root where `in_power`; distance: from the mark, 1 being the end."""
    root = np.cos((np.minimum(distance, 1) * (np.pi / 2)).astype(np.float32))
    return np.where(in_power, root, root * root)
