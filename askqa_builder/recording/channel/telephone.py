"""A telephone call: 300 to 3400 Hz, 8 kHz, ITU-T G.711, and back to the recording's rate."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import ellip, firwin, resample_poly, sosfilt

from askqa_builder.recording.channel.g711 import through
from askqa_builder.voices.channels import Codec

TELEPHONE_RATE = 8000
BAND_HZ = (300.0, 3400.0)

LOOK_AHEAD_SECONDS = 0.004
"""No sample depends on what comes later than this: twice the half length of the resampling filter, and some."""

# The skirts lie inside the band: of white noise, less than a ten-thousandth of the energy is left outside BAND_HZ.
_ORDER, _RIPPLE_DB, _STOP_DB, _PASS_HZ = 7, 0.25, 45.0, (320.0, 3370.0)

_ZERO_CROSSINGS = 12
_KAISER_BETA = 6.2
"""65 dB of attenuation from 660 Hz beyond half of the lower rate, where the band's aliases and images begin."""


def call(signal: NDArray[np.float32], sample_rate: int, codec: Codec) -> NDArray[np.float64]:
    """Return the signal as it comes out of the other end, 16-bit scale, with the same length.

    signal: 16-bit scale; beyond full scale the codec overloads, as on the line. The filters are no later than the
    signal: resampling is without delay, and the band-pass, which like its models is causal, is late by 0.3 ms at
    1 kHz and by 6 ms at its edges.
    """
    divisor = math.gcd(sample_rate, TELEPHONE_RATE)
    up, down = TELEPHONE_RATE // divisor, sample_rate // divisor
    narrow = _resampled(signal.astype(np.float64), up, down)
    narrow = sosfilt(_band_pass(), narrow)
    limits = np.iinfo(np.int16)
    coded = through(np.clip(np.rint(narrow), limits.min, limits.max).astype(np.int16), codec)
    wide = _resampled(coded.astype(np.float64), down, up)
    return wide[: len(signal)]


def _resampled(signal: NDArray[np.float64], up: int, down: int) -> NDArray[np.float64]:
    """Resample in the time domain: unlike an FFT's, no sample's last bits depend on the length of the whole."""
    if up == down:
        return signal
    resampled: NDArray[np.float64] = resample_poly(signal, up, down, window=_low_pass(max(up, down)))
    return resampled


@lru_cache(maxsize=4)
def _low_pass(factor: int) -> NDArray[np.float64]:
    taps: NDArray[np.float64] = firwin(2 * _ZERO_CROSSINGS * factor + 1, 1 / factor, window=("kaiser", _KAISER_BETA))
    return taps


@lru_cache(maxsize=1)
def _band_pass() -> NDArray[np.float64]:
    sections: NDArray[np.float64] = ellip(
        _ORDER, _RIPPLE_DB, _STOP_DB, _PASS_HZ, "bandpass", fs=TELEPHONE_RATE, output="sos"
    )
    return sections
