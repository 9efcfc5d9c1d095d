"""How far raters agree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def krippendorff_alpha(values: npt.NDArray[np.float64]) -> float | None:
    """Return Krippendorff's alpha for interval data: 1 where all agree, 0 where they agree as by chance.

    values: [raters, clips], NaN where one did not rate. None where no clip has two ratings, or all ratings are the
    same: then there is nothing to agree on (Krippendorff 2011, Computing Krippendorff's alpha-reliability).
    """
    pairable = values[:, (~np.isnan(values)).sum(axis=0) >= 2]
    there = ~np.isnan(pairable)
    per_clip = there.sum(axis=0)
    total = int(per_clip.sum())
    if not total:
        return None
    filled = np.where(there, pairable, 0.0)
    # the sum of squared differences of all ordered pairs of m values is 2 (m Σx² - (Σx)²)
    observed = 2 * (per_clip * (filled**2).sum(axis=0) - filled.sum(axis=0) ** 2) / (per_clip - 1)
    expected = 2 * (total * (filled**2).sum() - filled.sum() ** 2) / (total - 1)
    if expected <= 1e-12 * total:
        return None
    return float(1 - observed.sum() / expected)
