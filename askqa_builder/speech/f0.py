"""Fundamental frequency of speech: short-term autocorrelation and a Viterbi path.

The method is Boersma's ("Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17, 1993), which is also Praat's. It differs
where speed asks for it: the signal is first brought to 4 kHz, which keeps the harmonics that carry the
pitch, and the path is searched in many short, overlapping windows at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import soxr
from numpy.typing import NDArray

from askqa_builder.speech.engine import Samples

ANALYSIS_RATE = 4000
LOWEST_HZ = 60.0
HIGHEST_HZ = 450.0
FRAME_STEP = 0.01
MINIMUM_VOICED_SECONDS = 0.1

_HOP = round(FRAME_STEP * ANALYSIS_RATE)
# Boersma (1993, section 3.3): the window must hold three periods of the lowest F0.
_WINDOW = round(3 * ANALYSIS_RATE / LOWEST_HZ)
_FIRST_LAG = int(ANALYSIS_RATE / HIGHEST_HZ)
_LAST_LAG = int(np.ceil(ANALYSIS_RATE / LOWEST_HZ)) + 1
_FFT = 270  # 2 · 3³ · 5, the next length after _WINDOW + _LAST_LAG + 2 that is fast to transform
_RUMBLE_HZ = 42.0
# Blocks of frames that fit the processor's cache, whatever the length of the signal.
_FRAMES_PER_BLOCK = 256

# Costs and thresholds as in Praat's "To Pitch (ac)", for which they were tuned on speech; the silence
# threshold is relative to the loudest peak of the signal. The voicing threshold is higher (there 0.45), because
# the noise above 1 kHz no longer weakens the peaks: at 0.6 as much speech is voiced as in Praat. The octave
# cost (there 0.01) has to outweigh that a pulse falls between two samples.
_CANDIDATES = 4
_WEAKEST_PEAK = 0.2
_VOICING_THRESHOLD = 0.6
_SILENCE_THRESHOLD = 0.03
_OCTAVE_COST = 0.03
_OCTAVE_JUMP_COST = 0.35
_VOICING_CHANGE_COST = 0.14
_INAUDIBLE_PEAK = 1e-4
_SHORTEST_RUN = 3

# A path decision depends on its neighbours for a few frames only, so a window of frames is decided with
# this much context on either side.
_PATH_FRAMES = 32
_PATH_CONTEXT = 12

_Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class F0Track:
    """F0 over time: `f0_hz[i]` belongs to the instant `i * FRAME_STEP` seconds and is 0 where unvoiced.

    f0_hz: float32, shape [frames]; the frames cover the whole signal, both ends included.
    """

    f0_hz: _Floats

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """True where a frame is voiced, shape [frames]."""
        return self.f0_hz > 0


def track_f0(samples: Samples, sample_rate: int) -> F0Track:
    """Follow the fundamental frequency of one speaker between 60 and 450 Hz.

    samples: float32, shape [samples]; any length, also none. sample_rate: Hz. Voiced stretches shorter than
    30 ms are taken for noise.
    """
    low = to_analysis_rate(samples, sample_rate)
    if not len(low) or not np.max(np.abs(low)) > _INAUDIBLE_PEAK:
        return F0Track(np.zeros(len(low) // _HOP + 1, np.float32))
    lags, rewards = _candidates(low)
    state = _best_path(np.column_stack((rewards, _unvoiced_rewards(low))), np.log2(ANALYSIS_RATE / lags))
    f0 = np.zeros(len(state), np.float32)
    voiced = np.flatnonzero(state < _CANDIDATES)
    f0[voiced] = ANALYSIS_RATE / lags[voiced, state[voiced]]
    return F0Track(np.where(_in_long_runs(f0 > 0), f0, np.float32(0)))


def melody(track: F0Track) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The voiced frames and their heights in semitones above 1 Hz, both [frames]; none where nothing is voiced.

    Without frames an octave or more from the median, which are hiss or a subharmonic rather than what is spoken:
    voices keep within an octave of their median even where they are lively.
    """
    frames = np.flatnonzero(track.voiced)
    heights = 12 * np.log2(track.f0_hz[frames].astype(np.float64))
    if not len(frames):
        return frames, heights
    near = np.abs(heights - np.median(heights)) < 12
    return frames[near], heights[near]


def median_f0_hz(samples: Samples, sample_rate: int) -> float | None:
    """Median F0 over the voiced frames in Hz, or None where less than 0.1 s is voiced.

    samples: float32, shape [samples]. Meant for about ten seconds of one speaker: the cost is linear.
    """
    track = track_f0(samples, sample_rate)
    f0 = track.f0_hz[track.voiced]
    if len(f0) * FRAME_STEP < MINIMUM_VOICED_SECONDS:
        return None
    return float(np.median(f0))


def to_analysis_rate(samples: Samples, sample_rate: int) -> Samples:
    """The samples at ANALYSIS_RATE, shape [about samples * ANALYSIS_RATE / sample_rate]."""
    if sample_rate == ANALYSIS_RATE or not len(samples):
        return samples
    low: Samples = soxr.resample(samples, sample_rate, ANALYSIS_RATE, "LQ")
    return low


@cache
def _tables() -> tuple[_Floats, _Floats, _Floats]:
    """Window, weights of the power spectrum, and the inverse of the window's normalised autocorrelation.

    The weights fade out above 800 Hz, which rounds the peaks of the autocorrelation: at 4 kHz they would be
    too narrow for a parabola through three lags. They drop the constant part, as far as the window spreads it.
    """
    window = np.hanning(_WINDOW + 2)[1:-1].astype(np.float32)
    hertz = np.fft.rfftfreq(_FFT, 1 / ANALYSIS_RATE)
    weights = 0.5 + 0.5 * np.cos(np.pi * np.clip((hertz - 800) / 700, 0, 1))
    power = np.abs(np.fft.rfft(window.astype(float), _FFT)) ** 2
    correlation = np.fft.irfft(power, _FFT)[: _LAST_LAG + 2]
    weights[hertz < _RUMBLE_HZ] = 0
    return window, weights.astype(np.float32), (correlation[0] / correlation).astype(np.float32)


def _candidates(low: Samples) -> tuple[_Floats, _Floats]:
    """Lags in samples of the best candidates for the period and their rewards, both [frames, candidates].

    The reward is the strength of the peak and a little more for a higher F0 (Boersma 1993, eq. 24): else twice
    the period would often do as well. It is −1 where there are too few peaks.
    """
    count = len(low) // _HOP + 1
    padded = np.zeros((count - 1) * _HOP + _WINDOW, np.float32)
    end = min(len(low), len(padded) - _WINDOW // 2)
    padded[_WINDOW // 2 : _WINDOW // 2 + end] = low[:end]
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    blocks = [_peaks(frames[i : i + _FRAMES_PER_BLOCK]) for i in range(0, count, _FRAMES_PER_BLOCK)]
    return np.concatenate([lags for lags, _ in blocks]), np.concatenate([rewards for _, rewards in blocks])


def _peaks(frames: _Floats) -> tuple[_Floats, _Floats]:
    """`_candidates` of some frames, shape [frames, _WINDOW]: peaks of the normalised autocorrelation.

    The autocorrelation of the windowed frame is divided by that of the window (Boersma 1993, eq. 9).
    """
    from scipy.fft import irfft, rfft  # half a second to import, which a build's main process saves

    window, weights, correction = _tables()
    spectrum = rfft(frames * window, _FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) * weights
    correlation = irfft(power, _FFT, axis=1)[:, : _LAST_LAG + 2]
    r = correlation * (correction / np.maximum(correlation[:, :1], np.float32(1e-12)))
    left, middle, right = (r[:, _FIRST_LAG + i - 1 : _LAST_LAG + i] for i in range(3))
    is_peak = (middle > left) & (middle >= right) & (middle > _WEAKEST_PEAK)
    frame, lag = np.divmod(np.flatnonzero(is_peak), is_peak.shape[1])
    before, peak, after = left[frame, lag], middle[frame, lag], right[frame, lag]
    slope, curvature = 0.5 * (after - before), before + after - 2 * peak
    offset = -slope / curvature
    exact_lag = lag + _FIRST_LAG + offset
    strength = np.minimum(peak + 0.5 * slope * offset, 1)
    reward = strength + _OCTAVE_COST * np.log2(ANALYSIS_RATE / LOWEST_HZ / exact_lag)
    order = np.lexsort((-reward, frame))
    rank = np.arange(len(frame)) - np.searchsorted(frame, frame)
    kept = rank < _CANDIDATES
    place = frame[kept], rank[kept]
    lags = np.full((len(frames), _CANDIDATES), _LAST_LAG, np.float32)
    rewards = np.full((len(frames), _CANDIDATES), -1, np.float32)
    lags[place] = exact_lag[order][kept]
    rewards[place] = reward[order][kept]
    return lags, rewards


def _unvoiced_rewards(low: Samples) -> _Floats:
    """How well "unvoiced" fits each frame, shape [frames]: better in silence (Boersma 1993, eq. 23)."""
    count = len(low) // _HOP + 1
    hops = np.zeros((count + 4) * _HOP, np.float32)
    hops[2 * _HOP : 2 * _HOP + len(low)] = np.abs(low - low.mean())
    peaks = hops.reshape(-1, _HOP).max(axis=1)
    # Four hops about the frame's centre are the middle 40 ms of its 50.
    local = np.lib.stride_tricks.sliding_window_view(peaks, 4)[:count].max(axis=1)
    relative = local / max(float(peaks.max()), _INAUDIBLE_PEAK)
    silence = 2 - relative * (1 + _VOICING_THRESHOLD) / _SILENCE_THRESHOLD
    rewards: _Floats = _VOICING_THRESHOLD + np.maximum(silence, 0)
    return rewards


def _best_path(rewards: _Floats, logarithm: _Floats) -> NDArray[np.intp]:
    """The state per frame with the highest sum of rewards less costs of change, shape [frames].

    rewards: [frames, candidates + 1], the last state being "unvoiced". logarithm: log2 of the candidates'
    F0, [frames, candidates].
    """
    count = len(rewards)
    starts = np.arange(0, count, _PATH_FRAMES)
    steps = _PATH_FRAMES + 2 * _PATH_CONTEXT
    # Beyond the ends the edge frame is repeated; staying in it costs nothing.
    index = np.clip(starts[:, None] - _PATH_CONTEXT + np.arange(steps), 0, count - 1).T
    # Costs are symmetric in time, so the best path up to and the best path from each frame are the same
    # recursion; both directions of all windows are stepped together.
    index = np.concatenate((index, index[::-1]), axis=1)
    octaves, reward = logarithm[index].transpose(0, 2, 1), rewards[index].transpose(0, 2, 1)
    # Costs are indexed [step, from, to, window].
    states = _CANDIDATES + 1
    costs = np.full((steps - 1, states, states, index.shape[1]), _VOICING_CHANGE_COST, np.float32)
    costs[:, :-1, :-1] = _OCTAVE_JUMP_COST * np.abs(octaves[1:, None] - octaves[:-1, :, None])
    costs[:, -1, -1] = 0
    total = reward.copy()
    for step in range(1, steps):
        total[step] += (total[step - 1, :, None] - costs[step - 1]).max(axis=0)
    forward, backward = np.split(total, 2, axis=2)
    best: NDArray[np.intp] = (forward + backward[::-1] - reward[..., : len(starts)]).argmax(axis=1)
    return best[_PATH_CONTEXT:-_PATH_CONTEXT].T.reshape(-1)[:count]


def _in_long_runs(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The flags without runs of True shorter than _SHORTEST_RUN."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[::2], edges[1::2]
    kept = flags.copy()
    for start, end in zip(starts, ends, strict=True):
        if end - start < _SHORTEST_RUN:
            kept[start:end] = False
    return kept
