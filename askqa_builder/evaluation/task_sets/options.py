"""How a run over a set of examples is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.metrics.usage import Prices
from askqa_builder.evaluation.task_sets.reading import Metadata
from askqa_builder.options import is_number, require


@dataclass(frozen=True)
class TaskOptions:
    """Beside who is asked (`models.registry.Choice`). UsageError where one of them is not as it must be.

    split: None for "test", or the only one. limit: of examples, in the set's order; None for all. window: seconds of a
    clip that the target hears; None for any. metadata: labels of how it is said are left in the prompts ("stored"), or
    left out ("none"); None for as the set has them. judge: a YAML file with the `ChatOptions` of a language model.
    planted: examples of which it is given a right and a wrong answer. embeddings, prices, seed: as of dialogues.
    """

    split: str | None = None
    limit: int | None = None
    window: float | None = None
    metadata: Metadata | None = None
    judge: Path | None = None
    planted: int = 0
    embeddings: str | None = None
    prices: Prices | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        limited = self.limit is None or is_number(self.limit, 1, 10**9, whole=True)
        require(limited, "limit", self.limit, "1 or more")
        known = get_args(Metadata)
        require(self.metadata in (None, *known), "metadata", self.metadata, " or ".join(known))
        require(is_number(self.planted, 0, 10**6, whole=True), "planted", self.planted, "0 or more")
        if self.planted and self.judge is None:
            raise UsageError("planted: it is a judge that rates planted answers; give one with --judge")
        if not 0 <= self.seed < 2**53:
            raise UsageError(f"seed: {self.seed} is not allowed; give 0 to 2**53 - 1")
