"""The judge of a run over a set, if there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from askqa_builder.evaluation.ledger import Ledger
from askqa_builder.evaluation.parties import open_judge
from askqa_builder.evaluation.task_sets.asking import TaskResponse
from askqa_builder.evaluation.task_sets.judging import TaskJudging
from askqa_builder.evaluation.task_sets.options import TaskOptions
from askqa_builder.evaluation.task_sets.planted import planted
from askqa_builder.evaluation.task_sets.reading import TaskSet
from askqa_builder.evaluation.task_sets.results import Rated


class Judges:
    """identity, name: of the model that judges, once it is open; None where nobody does."""

    def __init__(self, options: TaskOptions) -> None:
        self._options = options
        self.identity: Any = None
        self.name: str | None = None

    @contextmanager
    def open(self) -> Iterator[None]:
        """Open it for the `with` block. Raises UsageError where its file does not name a model as it must."""
        if self._options.judge is None:
            yield
            return
        with open_judge(self._options.judge) as (self._chat, chosen):
            self.identity, self._threads, self.name = chosen.identity, chosen.concurrency, chosen.model
            yield

    def rated(self, task_set: TaskSet, responses: Sequence[TaskResponse], ledger: Ledger) -> Rated | None:
        """Let it rate what was answered, and planted answers; None where nobody judges."""
        if self._options.judge is None:
            return None
        judging = TaskJudging(self._chat, self.identity, self._threads, self._options.seed, ledger)
        said = zip(task_set.items, responses, strict=True)
        judgements, reasons = judging.of([(item, one.response) for item, one in said if one.ending == "answered"])
        wanted = self._options.planted
        tried = planted(judging, task_set.of_all, wanted, self._options.seed) if wanted else None
        return Rated(judgements, reasons, tried)
