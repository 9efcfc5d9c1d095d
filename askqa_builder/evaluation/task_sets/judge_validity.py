"""Whether a judge is valid over several runs: models and controls that differ in how right they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.corpus.rejects import quote
from askqa_builder.dataset.card_page import escape
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.metrics.printing import aligned, markdown_table, per_cent
from askqa_builder.evaluation.task_sets.comparing import TaskRun, read_task_run
from askqa_builder.evaluation.task_sets.results_text import validity_lines
from askqa_builder.evaluation.task_sets.validity import Validity, validity

_HEAD = ["run and kind", "examples", "judge", "accuracy", "macro F1"]


@dataclass(frozen=True)
class JudgeValidity:
    """A judge over several runs. names: of the runs."""

    judge: str
    names: Sequence[str]
    found: Validity

    def to_json(self) -> dict[str, Any]:
        """Return it for a file."""
        return {"judge": self.judge, "runs": list(self.names), **self.found.to_json()}

    def lines(self) -> list[str]:
        """Return it for a terminal."""
        head = f"judge {quote(self.judge)} in {len(self.names)} runs"
        return [head, *aligned([_HEAD, *self._rows()]), "", *validity_lines(self.found)]

    def markdown(self) -> str:
        """Return a block for a paper."""
        head, *rows = [_HEAD, *([escape(name), *rest] for name, *rest in self._rows())]
        facts = [f"- {escape(line)}" for line in validity_lines(self.found)]
        return "\n".join([f"- Judge: {escape(self.judge)}", *facts, "", *markdown_table([head, *rows]), ""])

    def _rows(self) -> list[list[str]]:
        return [
            [one.name, str(one.examples), per_cent(one.judge), per_cent(one.accuracy), per_cent(one.f1)]
            for one in self.found.groups
        ]


def judge_validity(folders: Sequence[str | Path], *, seed: int = 0) -> JudgeValidity:
    """Correlate a judge's ratings with what is right, over the examples and over the kinds of several finished runs.

    Raises UsageError where a folder holds no such run, one was not judged, or not all by the same judge.
    """
    runs = [(Path(folder), read_task_run(Path(folder))) for folder in folders]
    if len(runs) < 2:
        raise UsageError("give two finished runs or more; a single one's validity is in its own results")
    judges = {run.identity.judge for _, run in runs}
    without = next((folder for folder, run in runs if run.identity.judge is None), None)
    if without is not None:
        raise UsageError(f"{without}: nobody judged in this run; run it again with --judge")
    if len(judges) > 1:
        raise UsageError(f"the runs have judges of their own: {', '.join(sorted(map(str, judges)))}; give runs of one")
    named = dict(zip(_names(runs), (run.examples for _, run in runs), strict=True))
    scores = [name for name in runs[0][1].names if all(name in run.names for _, run in runs)]
    return JudgeValidity(str(judges.pop()), list(named), validity(named, scores, seed))


def _names(runs: Sequence[tuple[Path, TaskRun]]) -> list[str]:
    """Return what tells runs apart: the model, with the run's folder where two are of one model."""
    counts = Counter(run.identity.model for _, run in runs)
    names = [
        run.identity.model if counts[run.identity.model] == 1 else f"{run.identity.model} ({folder.resolve().name})"
        for folder, run in runs
    ]
    return names if len(set(names)) == len(names) else [f"{name} #{place}" for place, name in enumerate(names, 1)]
