"""How often the intervals of `askqa stats --ratings` hold the truth, in simulated listening tests."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from askqa_builder.report.listening.bootstrap import LEVEL, interval
from askqa_builder.report.listening.contrasts import of_means, share

from common import table

TRUTH = 3.5
TESTS = 400
CLIPS = 30
OF_STYLE, RECOGNISED, OF_EAR = 8, 0.6, 0.1
OF_RATERS, OF_CLIPS, BY_CHANCE = 0.35, 0.35, 0.6


def main() -> None:
    """Print two tables."""
    print(f"{TESTS} tests each, {CLIPS} clips, every rater rates every clip. Standard deviations: raters {OF_RATERS},")
    print(
        f"clips {OF_CLIPS}, chance {BY_CHANCE} points. Intervals of {LEVEL:.0%} should hold the truth in that share.\n"
    )
    rows = [_held(raters, OF_RATERS, OF_CLIPS) for raters in (2, 3, 4, 8)]
    rows.append(("4, nothing but chance", *_held(4, 0.0, 0.0)[1:]))
    table(["raters", "these intervals", "each rating for itself", "median width, points"], rows)
    print(f"A style that is recognised in {RECOGNISED:.0%} of its {OF_STYLE} clips (some are clearer: beta, worth 4")
    print(f"trials; some raters hear more: standard deviation {OF_EAR}), and how natural it sounds beside as many")
    print("neutral clips:\n")
    table(
        ["raters", "share recognised", "median width", "naturalness beside neutral", "median width, points"],
        [_held_of_style(raters) for raters in (2, 3, 4, 8)],
    )


def _held(raters: int, of_raters: float, of_clips: float) -> tuple[str, str, str, str]:
    generator = np.random.default_rng(raters)
    who, what = (part.ravel() for part in np.mgrid[:raters, :CLIPS])
    ours, alone, widths = 0, 0, []
    for test in range(TESTS):
        values = (
            TRUTH
            + generator.normal(0, of_raters, raters)[who]
            + generator.normal(0, of_clips, CLIPS)[what]
            + generator.normal(0, BY_CHANCE, len(who))
        )
        found = interval(values, who, what, str(test))
        ours += found.low <= TRUTH <= found.high
        widths.append(found.high - found.low)
        half = float(norm.ppf((1 + LEVEL) / 2)) * values.std(ddof=1) / len(values) ** 0.5
        alone += abs(values.mean() - TRUTH) <= half
    return str(raters), f"{ours / TESTS:.0%}", f"{alone / TESTS:.0%}", f"{np.median(widths):.2f}"


def _held_of_style(raters: int) -> tuple[str, str, str, str, str]:
    generator = np.random.default_rng(raters)
    who, what = (part.ravel() for part in np.mgrid[:raters, : 2 * OF_STYLE])
    neutral = (what >= OF_STYLE).astype(np.int64)
    shares, changes = [], []
    for test in range(TESTS):
        clear = generator.beta(4 * RECOGNISED, 4 * (1 - RECOGNISED), OF_STYLE)
        chances = np.clip(clear[what[neutral == 0]] + generator.normal(0, OF_EAR, raters)[who[neutral == 0]], 0, 1)
        hits = (generator.random(len(chances)) < chances).astype(np.float64)
        shares.append(share(hits, who[neutral == 0], what[neutral == 0], str(test)))
        values = (
            TRUTH
            - 0.5 * (neutral == 0)
            + generator.normal(0, OF_RATERS, raters)[who]
            + generator.normal(0, OF_CLIPS, 2 * OF_STYLE)[what]
            + generator.normal(0, BY_CHANCE, len(who))
        )
        changes.append(of_means(values, neutral, {0: 1.0, 1: -1.0}, who, what, str(test)))
    told = [str(raters)]
    for found, truth in ((shares, RECOGNISED), (changes, -0.5)):
        told.append(f"{sum(one.low <= truth <= one.high for one in found) / TESTS:.0%}")
        told.append(f"{np.nanmedian([one.high - one.low for one in found]):.2f}")
    return told[0], told[1], told[2], told[3], told[4]


if __name__ == "__main__":
    main()
