"""How often the intervals of `askqa stats --ratings` hold the truth, in simulated listening tests."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from askqa_builder.report.listening.bootstrap import LEVEL, interval

from common import table

TRUTH = 3.5
TESTS = 400
CLIPS = 30
OF_RATERS, OF_CLIPS, BY_CHANCE = 0.35, 0.35, 0.6


def main() -> None:
    """Print one table."""
    print(f"{TESTS} tests each, {CLIPS} clips, every rater rates every clip. Standard deviations: raters {OF_RATERS},")
    print(
        f"clips {OF_CLIPS}, chance {BY_CHANCE} points. Intervals of {LEVEL:.0%} should hold the truth in that share.\n"
    )
    rows = [_held(raters, OF_RATERS, OF_CLIPS) for raters in (2, 3, 4, 8)]
    rows.append(("4, nothing but chance", *_held(4, 0.0, 0.0)[1:]))
    table(["raters", "these intervals", "each rating for itself", "median width, points"], rows)


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


if __name__ == "__main__":
    main()
