"""A comparison of two runs over sets as people read it: lines for the terminal, and a block of Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from askqa_builder.corpus.rejects import quote
from askqa_builder.dataset.card_page import escape
from askqa_builder.evaluation.metrics.comparison_text import difference_cells
from askqa_builder.evaluation.metrics.printing import NAMES, aligned, markdown_table, per_cent
from askqa_builder.evaluation.task_sets.results import NOT_READABLE, READABLE, WHOLE, TaskRunIdentity

if TYPE_CHECKING:
    from askqa_builder.evaluation.task_sets.comparing import TaskComparison

_HEAD = ["examples", "measure, %", "of", "first", "second", "difference", "95 % interval", "p", "detectable"]
_OF_PARTS = ("accuracy", "macro_f1", "f1", "judge")
"""Shown of kinds; the others are in the JSON."""

_CELLS = {READABLE: "labels in the prompt tell the answer", NOT_READABLE: "labels do not tell the answer"}
_NOTE = (
    "Second minus first; intervals: 95 %, bootstrap over stories; p: paired randomisation, runs exchanged story by "
    "story; detectable: what a test of this size finds with 80 % power. The judge's figures are mean ratings × 20."
)


def comparison_lines(comparison: TaskComparison) -> list[str]:
    """Return lines for the terminal."""
    runs = [
        f"{place}: {quote(run.model)} on {quote(run.task_set)}, {_prompts(run)}" for place, run in _runs(comparison)
    ]
    return [*runs, *_unlike(comparison), *_paired(comparison), *aligned([_HEAD, *_rows(comparison)])]


def comparison_block(comparison: TaskComparison) -> str:
    """Return a block for a paper."""
    lines = [
        f"- {place.capitalize()}: {escape(run.model)} on {escape(run.task_set)} ({escape(run.split)}), digest "
        f"`{escape(run.digest)}`, {_prompts(run)}, judge {escape(run.judge or 'none')}, seed {run.seed}"
        for place, run in _runs(comparison)
    ]
    lines += [f"- {escape(told)}" for told in (*_unlike(comparison), *_paired(comparison))]
    rows = [[escape(row[0]), *row[1:]] for row in _rows(comparison)]
    return "\n".join([*lines, "", *markdown_table([_HEAD, *rows]), "", _NOTE, ""])


def _runs(comparison: TaskComparison) -> list[tuple[str, TaskRunIdentity]]:
    return [("first", comparison.first), ("second", comparison.second)]


def _prompts(run: TaskRunIdentity) -> str:
    return f"prompts {'with' if run.metadata else 'without'} labels of how it is said"


def _unlike(comparison: TaskComparison) -> list[str]:
    """Return a line where two judges rated: their ratings cannot be compared."""
    first, second = comparison.first.judge, comparison.second.judge
    if first == second or None in (first, second):
        return []
    return [f"not judged alike, which differences may come from: {quote(str(first))} and {quote(str(second))}"]


def _paired(comparison: TaskComparison) -> list[str]:
    counts, labels = comparison.counts, comparison.labels
    left_out = [
        f"{counts[key]} {what}"
        for key, what in (
            ("only_first", "only in the first"),
            ("only_second", "only in the second"),
            ("unlike", "with other questions or answers"),
        )
        if counts[key]
    ]
    without = f"; left out: {', '.join(left_out)}" if left_out else ""
    told = [f"{counts['examples']} examples of {counts['stories']} stories{without}"]
    if any(vars(labels).values()):
        told.append(
            f"right label in both {labels.both_right}, only in the first {labels.only_first_right}, only in the second "
            f"{labels.only_second_right}, in neither {labels.neither_right}"
        )
    return told


def _rows(comparison: TaskComparison) -> Iterator[list[str]]:
    for cell, found in comparison.cells.items():
        for name, one in found.items():
            if cell != WHOLE and name not in _OF_PARTS:
                continue
            both = [per_cent(one.first), per_cent(one.second)]
            shown = [_CELLS.get(cell, cell), NAMES[name], f"{one.of:g}"]
            yield [*shown, *both, *difference_cells(one), per_cent(one.detectable)]
