"""Integrated loudness of one turn, ITU-R BS.1770-4, and the gain that brings it to a level."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.polynomial.polynomial import polyval
from numpy.typing import NDArray

from askqa_builder.speech.engine import Samples

HOP_SECONDS = 0.1
"""A gating block is four hops long and starts at each hop (75 % overlap)."""

PEAK_CEILING_DBFS = -1.0

# Half a megabyte of samples at 16 kHz: their spectra stay in the processor's cache, and small.
_HOPS_AT_ONCE = 64

_DECIMALS = 3
"""Far below what is heard, far above what differs between processors."""

# BS.1770-4: gates and offset, and tables 1 and 2, the two stages of the K-weighting as (b, a) at 48 kHz.
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_OFFSET_LU = -0.691
_TABLE_RATE = 48000
_SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)
_HIGH_PASS = (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)


def integrated_loudness(samples: Samples, sample_rate: int) -> float | None:
    """Measure the gated loudness in LUFS; None for silence.

    samples: mono, full scale ±1, any length; less than one block (0.4 s) is measured as a single block of
    its own length, where the standard leaves the loudness undefined.

    The K-weighting is applied to the power spectrum of each 100 ms hop instead of filtering in time, which
    costs a quarter, and keeps the standard's response at every sampling rate.
    """
    hop = round(HOP_SECONDS * sample_rate)
    hops = len(samples) // hop
    is_short = hops < 4
    if is_short:
        hops = math.ceil(len(samples) / hop)
    weights = _k_weighting(sample_rate, hop)
    powers = _hop_powers(samples, hop, hops, weights)
    if is_short:
        blocks = np.array([powers.sum() * hop / max(len(samples), 1)])
    else:
        sums = np.concatenate(([0.0], np.cumsum(powers)))
        blocks = (sums[4:] - sums[:-4]) / 4
    blocks = blocks[blocks > _power(_ABSOLUTE_GATE_LUFS)]
    if not len(blocks):
        return None
    gate = blocks.mean() * 10.0 ** (_RELATIVE_GATE_LU / 10)
    return round(_lufs(float(blocks[blocks > gate].mean())), _DECIMALS)


def levelling_gain(samples: Samples, sample_rate: int, target_lufs: float) -> tuple[float, float] | None:
    """Return the linear gain to `target_lufs` and the loudness then reached; None for silence.

    Where the peak would pass −1 dBFS the gain is less: a turn is never limited or clipped.
    """
    loudness = integrated_loudness(samples, sample_rate)
    if loudness is None:
        return None
    peak = float(max(samples.max(), -samples.min()))
    gain = min(10.0 ** ((target_lufs - loudness) / 20), 10.0 ** (PEAK_CEILING_DBFS / 20) / peak)
    return gain, loudness + 20 * math.log10(gain)


def _hop_powers(samples: Samples, hop: int, hops: int, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the K-weighted mean square of each of the first `hops` hops, an incomplete one filled with silence."""
    from scipy.fft import rfft

    powers = np.empty(hops)
    for first in range(0, hops, _HOPS_AT_ONCE):
        part = samples[first * hop : min(first + _HOPS_AT_ONCE, hops) * hop]
        if len(part) % hop:
            part = np.pad(part, (0, hop - len(part) % hop))
        spectra = rfft(part.reshape(-1, hop), axis=1).view(np.float32)
        np.multiply(spectra, weights, out=spectra)
        # not `@`: its sums, and so the last bits, depend on the number of BLAS threads and the processor
        powers[first : first + len(spectra)] = np.einsum("ij,ij->i", spectra, spectra)
    return powers


@lru_cache(maxsize=8)
def _k_weighting(sample_rate: int, hop: int) -> NDArray[np.float32]:
    """Factors for real and imaginary parts of a hop's spectrum, whose squares then sum to its mean square.

    Shape [2 × frequencies], as the parts alternate; K-weighted, scaled as Parseval's theorem asks.
    """
    frequencies = np.fft.rfftfreq(hop, 1 / sample_rate)
    z = np.exp(-2j * np.pi * np.minimum(frequencies, _TABLE_RATE / 2) / _TABLE_RATE)
    weights = np.full(len(frequencies), 2.0)
    weights[0] = 1.0
    if hop % 2 == 0:
        weights[-1] = 1.0
    for b, a in (_SHELF, _HIGH_PASS):
        weights *= np.abs(polyval(z, b) / polyval(z, a)) ** 2
    return np.repeat(np.sqrt(weights) / hop, 2).astype(np.float32)


def _power(lufs: float) -> float:
    return float(10.0 ** ((lufs - _OFFSET_LU) / 10))


def _lufs(power: float) -> float:
    return _OFFSET_LU + 10 * math.log10(power)
