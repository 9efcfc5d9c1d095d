"""How figures are printed, in lines and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from askqa_builder.evaluation.metrics.figures import Figure

NAMES = {
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "accuracy": "accuracy",
    "weighted_f1": "weighted F1",
    "clarify_f1": "F1 of clarify",
    "clarify_recall": "ambiguous requests asked about",
    "needless_questions": "clear requests asked about",
    "pair_accuracy": "contrast pairs, both right",
    "separating_questions": "questions that separate the readings",
    "turn": "turn level",
    "trajectory": "trajectory level",
    "post_clarification": "post-clarification",
    "f1": "F1",
    "exact": "exact match",
    "containment": "containment",
    "rouge_l": "ROUGE-L",
    "cosine": "cosine",
    "squad_f1": "SQuAD F1",
    "squad_exact": "SQuAD exact match",
    "squad_f1_answerable": "F1 of those with an answer",
    "squad_exact_answerable": "exact match of those with an answer",
    "squad_unanswerable": "said to have no answer, of those without",
    "aos": "AOS",
    "ff1": "FF1",
    "located": "answers that quote the story",
    "unparsable": "responses that mean no label",
    "judge": "judge",
}
"""What measures, levels and scores are called in print."""

NOTHING = "–"
"""Where there is no figure."""

INTERVALS = (
    "Intervals: 95 %, bootstrap over stories (2.5th and 97.5th percentile), or Wilson's for proportions of fewer than "
    "100 items and those of 0 and 100 %. Detectable: the difference from an equally sure run, not paired with it, that "
    "a two-sided test at 5 % finds with 80 % power."
)
"""What intervals and detectable differences are."""


def per_cent(value: float | None) -> str:
    """Return a share in per cent with one digit, without the sign."""
    return NOTHING if value is None else f"{100 * value:.1f}"


def with_interval(figure: Figure) -> str:
    """Return a figure in per cent with its interval."""
    if figure.low is None or figure.high is None:
        return per_cent(figure.value)
    return f"{per_cent(figure.value)} [{per_cent(figure.low)}, {per_cent(figure.high)}]"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for each row, columns under each other."""
    if not rows:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def markdown_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table; the first row is its head."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return [head, f"|{'---|' * len(rows[0])}", *body]
