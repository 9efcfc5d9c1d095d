"""The comparison as a table: what was trained on what, and how well it responds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

HEADER = (
    "run",
    "trained on",
    "stories",
    "training examples",
    "test examples",
    "action accuracy",
    "balanced accuracy",
    "macro F1",
    "weighted F1",
    "F1 of clarify",
    "to be answered",
    "answer F1",
    "exact match",
    "cut off",
)


def markdown(results: Sequence[Mapping[str, Any]]) -> str:
    """Return a Markdown table of what `evaluate` and `baseline_row` return; shares in per cent, "–" for none."""
    rows = [HEADER, *(_row(result) for result in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def baseline_row(name: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return a baseline's scores as a result of its own."""
    return {"run": name, "of": None, **scores}


def _row(result: Mapping[str, Any]) -> tuple[str, ...]:
    of, actions = result["of"], result["actions"] or {}
    shares = [actions.get(name) for name in ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "clarify_f1")]
    return (
        str(result["run"]),
        *_training(of),
        str(result["examples"]),
        *map(_percent, shares),
        str(result["answers"]),
        _percent(result["f1"]),
        _percent(result["exact"]),
        "–" if of is None else str(result["unfinished"]),
    )


def _training(of: Mapping[str, Any] | None) -> tuple[str, str, str]:
    """Return tasks, share of the stories, and number of examples; nothing of what was not trained."""
    if of is None or not of["tasks"]:
        return "–", "–", "–"
    return ", ".join(of["tasks"]), f"{of['fraction'] * 100:g} %", str(of["trained_on"])


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f}"
