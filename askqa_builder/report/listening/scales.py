"""What raters are asked of each clip."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """One question with five answers, the worst first."""

    name: str
    title: str
    question: str
    answers: tuple[str, str, str, str, str]


# absolute category rating: ITU-T P.800, annex B
NATURALNESS = Scale(
    "naturalness",
    "Naturalness",
    "How natural does the voice sound, compared with a person speaking?",
    ("Bad", "Poor", "Fair", "Good", "Excellent"),
)

SCALES = (
    NATURALNESS,
    Scale(
        "intelligibility",
        "Intelligibility",
        "How much of what is said could you understand?",
        ("Nothing", "Little", "About half", "Most words", "Every word"),
    ),
    Scale(
        "style",
        "Style",
        "How well does the way of speaking fit what is said?",
        ("Not at all", "Poorly", "Partly", "Well", "Perfectly"),
    ),
)

SCALE_NAMES = tuple(scale.name for scale in SCALES)

WORST, BEST = 1, 5
