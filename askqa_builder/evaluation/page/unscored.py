"""Why dialogues ended before the model had its say, and what there is to say of a run without any score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from askqa_builder.evaluation.metrics.outcomes import Outcomes

MOST_REASONS = 10
"""The page names so many; others are counted."""


def nothing_scored(counts: Mapping[str, int]) -> str | None:
    """Return why a run has no figures; None where anything was scored. counts: as `results.json` has them."""
    if counts["trajectories_scored"]:
        return None
    endings = ("failed", "not_applicable", "missing")
    told = {ending.replace("_", " "): counts[f"trajectories_{ending}"] for ending in endings}
    total = sum(told.values())
    dialogues = "the only dialogue" if total == 1 else f"all {total:,} dialogues"
    if total == told["failed"]:
        return f"Nothing was scored: {dialogues} failed. The same command tries again."
    parts = ", ".join(f"{count:,} {what}" for what, count in told.items() if count)
    return f"Nothing was scored of {dialogues}: {parts}."


def reasons(outcomes: Outcomes) -> list[tuple[str, str, str]]:
    """Return endings with why and in how many dialogues, the most frequent first; an item's id is left out of why."""
    counts = Counter(
        (one.ending.replace("_", " "), one.failure.replace(f"{one.item}: ", ""))
        for one in outcomes.trajectories
        if one.failure is not None
    )
    ordered = sorted(counts.items(), key=lambda told: (-told[1], told[0]))
    lines = [(ending, why, f"{count:,}") for (ending, why), count in ordered[:MOST_REASONS]]
    if rest := ordered[MOST_REASONS:]:
        others = "1 other reason" if len(rest) == 1 else f"{len(rest):,} other reasons"
        lines.append(("", others, f"{sum(count for _, count in rest):,}"))
    return lines
