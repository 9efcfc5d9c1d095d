"""What a voice usually does, estimated without the turn that is judged, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SIMILAR_LENGTH = 0.7
"""Turns count as fully alike within about this logarithm of their lengths' ratio: a factor of two."""

_MEDIAN_LOSS = 1.57
"""Variance of a median over that of a mean, for normal numbers."""

_MAD_TO_SD = 1.4826


class VoiceBaseline:
    """Residuals of one voice's turns: how each deviates from what the engine's voices do in general.

    values, spreads, seconds: shape [turns]; residuals, their usual standard deviation, the turns' lengths.
    samples: whose they are, so that no turn is compared with itself.
    """

    def __init__(self, values: Array, spreads: Array, seconds: Array, samples: Sequence[bytes]) -> None:
        order = np.argsort(values)
        self._values = values[order]
        self._precisions = 1 / spreads[order] ** 2
        self._lengths = np.log(seconds[order])
        self._samples = [samples[i] for i in order]

    def without(self, sample: bytes, seconds: float, prior: tuple[float, float]) -> tuple[float, float]:
        """Return the voice's usual residual at a length and the variance of that estimate, without one turn.

        prior: mean and standard deviation over voices. A weighted median, so that one more spoilt turn does not
        carry it away; turns of about the same length count most.
        """
        others = np.array([known != sample for known in self._samples])
        distance = (self._lengths - np.log(seconds)) / _SIMILAR_LENGTH
        weights = self._precisions * np.exp(-0.5 * distance**2) * others
        mean, spread = prior
        total = float(weights.sum()) / _MEDIAN_LOSS
        known = spread**-2
        if total <= 0:
            return mean, spread**2
        found = weighted_median(self._values, weights)
        return (found * total + mean * known) / (total + known), 1 / (total + known)


def weighted_median(values: Array, weights: Array) -> float:
    """Return the weighted median of values in rising order; half-way between two where both will do."""
    cumulative = np.cumsum(weights)
    half = cumulative[-1] / 2
    low = int(np.searchsorted(cumulative, half * (1 - 1e-9)))
    high = min(int(np.searchsorted(cumulative, half * (1 + 1e-9))), len(values) - 1)
    return float(values[low] + values[high]) / 2


def robust_spread(values: Array) -> float:
    """Standard deviation estimated from the median absolute value of residuals about zero."""
    return _MAD_TO_SD * float(np.median(np.abs(values))) if len(values) else 0.0


def robust_fit(features: Array, target: Array, spreads: Array, penalty: Array, wanted: Array) -> Array:
    """Least squares with Huber's weights and a pull towards known coefficients; returns coefficients, shape [features].

    features: shape [turns, features]. penalty, wanted: shape [features]; each coefficient is drawn to `wanted`
    with the strength of `penalty`, 1 / its standard deviation.
    """
    weights = 1 / spreads
    huber = np.ones(len(target))
    coefficients = wanted
    for _ in range(15):
        factor = weights * np.sqrt(huber)
        matrix = np.vstack([features * factor[:, None], np.diag(penalty)])
        right = np.concatenate([target * factor, penalty * wanted])
        coefficients = np.linalg.lstsq(matrix, right, rcond=None)[0]
        error = np.abs(target - features @ coefficients) * weights
        huber = 1 / np.maximum(error / 1.5, 1)
    return coefficients
