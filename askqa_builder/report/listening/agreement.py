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


def nominal_alpha(values: npt.NDArray[np.float64]) -> float | None:
    """Return Krippendorff's alpha for nominal data; as `krippendorff_alpha` of numbers that are names.

    With c_k ratings k among m of a clip, the pairs that differ are m² - Σ c_k²; chance is of all ratings (ibid.).
    """
    pairable = values[:, (~np.isnan(values)).sum(axis=0) >= 2]
    names = np.unique(pairable[~np.isnan(pairable)])
    if len(names) < 2:
        return None
    counts = np.array([(pairable == name).sum(axis=0) for name in names], np.float64)
    per_clip = counts.sum(axis=0)
    total = per_clip.sum()
    observed = ((per_clip**2 - (counts**2).sum(axis=0)) / (per_clip - 1)).sum() / total
    expected = (total**2 - (counts.sum(axis=1) ** 2).sum()) / (total * (total - 1))
    return float(1 - observed / expected)
