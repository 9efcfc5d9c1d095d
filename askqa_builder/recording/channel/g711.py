"""ITU-T G.711: what a 16-bit sample becomes in eight bits and back.

Both laws are tables of 65,536 samples, computed as the reference code of ITU-T G.191 does it: magnitudes of negative
numbers are one's complements, so that both signs have the same steps.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from askqa_builder.speech.engine import Pcm
from askqa_builder.voices.channels import Codec

_BIAS = 33
_OVERLOAD = 8158
"""µ-law: largest magnitude, on its scale of 14 bits."""


def through(samples: Pcm, codec: Codec) -> Pcm:
    """Return the samples after encoding and decoding."""
    return _table(codec)[samples.view(np.uint16)]


@lru_cache(maxsize=2)
def _table(codec: Codec) -> Pcm:
    """The decoded sample for each sample, at the index of its 16 bits read without a sign."""
    samples = np.arange(1 << 16, dtype=np.uint16).view(np.int16)
    magnitudes = np.where(samples < 0, ~samples, samples).astype(np.int32)
    decoded = _mu_law(magnitudes >> 2) << 2 if codec is Codec.MU_LAW else _a_law(magnitudes >> 3) << 3
    return np.where(samples < 0, -decoded, decoded).astype(np.int16)


def _mu_law(magnitudes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Quantise 13-bit magnitudes: eight segments of 16 steps, each twice as wide as those before (table 2)."""
    biased = np.minimum(magnitudes, _OVERLOAD) + _BIAS
    segment = _bits(biased) - 6
    mantissa = (biased >> (segment + 1)) & 15
    return ((2 * mantissa + _BIAS) << segment) - _BIAS


def _a_law(magnitudes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Quantise 12-bit magnitudes: as the µ-law, but the first two segments have the same steps (table 1)."""
    segment = np.maximum(_bits(magnitudes) - 6, 0)
    decoded: NDArray[np.int32] = ((magnitudes >> (segment + 1)) << (segment + 1)) + (1 << segment)
    return decoded


def _bits(numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """Count the binary digits of each number."""
    return np.frexp(numbers.astype(np.float64))[1].astype(np.int32)
