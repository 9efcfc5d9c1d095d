"""One model on several datasets, as the ASK-QA paper's three test sets: a run each, and their figures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.corpus.rejects import quote
from askqa_builder.dataset.card_page import escape
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.metrics.figures import Figure
from askqa_builder.evaluation.metrics.printing import NAMES, NOTHING, aligned, markdown_table, with_interval
from askqa_builder.evaluation.metrics.results import Results
from askqa_builder.evaluation.run import EvaluationReport, evaluate

_SHOWN = {
    "balanced_accuracy": NAMES["balanced_accuracy"],
    "macro_f1": NAMES["macro_f1"],
    "trajectory_f1": f"{NAMES['trajectory']}, {NAMES['f1']}",
    "squad_f1": NAMES["squad_f1"],
    "squad_exact": NAMES["squad_exact"],
    "aos": NAMES["aos"],
}
"""What is shown side by side; a column that no run has is left out."""


@dataclass(frozen=True)
class SeveralReport:
    """Runs, in the order of their datasets."""

    runs: Sequence[EvaluationReport]

    @property
    def exit_code(self) -> int:
        """0, or 3 where trajectories of any run failed."""
        return max(run.exit_code for run in self.runs)

    def lines(self) -> list[str]:
        """Return each run for a terminal, and all side by side at the end."""
        head, *rows = self._side_by_side()
        each = [line for run in self.runs for line in (*run.scored.lines(), "")]
        return [*each, *aligned([head, *([quote(name), *row] for name, *row in rows)])]

    def markdown(self) -> str:
        """Return a block for a paper: all side by side, and then each run."""
        head, *rows = self._side_by_side()
        together = markdown_table([head, *([escape(name), *row] for name, *row in rows)])
        return "\n".join([*together, "", *(run.scored.markdown() for run in self.runs)])

    def to_json(self) -> dict[str, Any]:
        """Return what `results.json` of each run holds."""
        return {"runs": [run.scored.to_json() for run in self.runs]}

    def _side_by_side(self) -> list[list[str]]:
        found = [run.scored.results for run in self.runs]
        figures = [_figures(results) for results in found]
        there = [name for name in _SHOWN if any(one[name].value is not None for one in figures if name in one)]
        rows = [["dataset", "items", *(_SHOWN[name] for name in there)]]
        for results, one in zip(found, figures, strict=True):
            shown = (with_interval(one[name]) if name in one else NOTHING for name in there)
            rows.append([results.run.dataset, str(results.counts["items_scored"]), *shown])
        return rows


def evaluate_several(datasets: Sequence[str | Path], out: str | Path | None = None, **options: Any) -> SeveralReport:
    """Evaluate a model on one dataset after the other. options: of `evaluate`, for all of them alike.

    out: the folder of the run; where there are several datasets, of a folder for each run, named after its dataset;
    beside the datasets where none is given. A run that is there goes on, or is taken as it is.

    Raises UsageError where there is no dataset, or two would have one folder, and what `evaluate` does.
    """
    return SeveralReport([evaluate(dataset, run, **options) for dataset, run in folders_of(datasets, out)])


def folders_of(datasets: Sequence[str | Path], out: str | Path | None) -> list[tuple[str | Path, Path | None]]:
    """Return what is evaluated, each with the folder of its run. Raises UsageError as `evaluate_several` does."""
    if not datasets:
        raise UsageError("give at least one dataset")
    names = [Path(dataset).resolve().name for dataset in datasets]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise UsageError(f"two datasets are named {quote(twice)}; results would not tell them apart: rename one")
    outs = [None if out is None else Path(out) / name if len(names) > 1 else Path(out) for name in names]
    return list(zip(datasets, outs, strict=True))


def _figures(results: Results) -> dict[str, Figure]:
    """Return a run's figures; those of answers to labelled requests only where there are such."""
    labelled = results.counts["gold_clarify"] + results.counts["gold_answer"]
    return {**(results.figures if labelled else {}), **(results.squad.figures if results.squad else {})}
