"""How a run is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askqa_builder.build.voicing.settling import VoicingOptions
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.metrics.usage import Prices
from askqa_builder.hearing.options import Hearing
from askqa_builder.options import is_number, require

RULE = "rule"
"""The classifier and the user that need no language model."""


@dataclass(frozen=True)
class EvaluationOptions:
    """Beside who is under test (`models.registry.Choice`). UsageError where one of them is not as it must be.

    split: None for "test", or the only one. limit: of items, in the dataset's order; None for all. max_rounds:
    responses of the model to one request, at most. classifier, user, judge: YAML files with the `ChatOptions` of
    language models; None for the rule, and for no judge. embeddings: a model of sentences, None for none. prices: what
    the model's provider asks for. keep_audio: each recording as it was at each response. voices: where and with what
    dialogues are spoken as they go on; None for the dataset's own, on all cores.
    """

    split: str | None = None
    limit: int | None = None
    max_rounds: int = 3
    hearing: Hearing = field(default_factory=Hearing)
    classifier: Path | None = None
    user: Path | None = None
    judge: Path | None = None
    embeddings: str | None = None
    keep_audio: bool = False
    seed: int = 0
    prices: Prices | None = None
    voices: VoicingOptions | None = None

    def __post_init__(self) -> None:
        limited = self.limit is None or is_number(self.limit, 1, 10**9, whole=True)
        require(limited, "limit", self.limit, "1 or more")
        require(is_number(self.max_rounds, 1, 20, whole=True), "max rounds", self.max_rounds, "1 to 20")
        if not 0 <= self.seed < 2**53:
            raise UsageError(f"seed: {self.seed} is not allowed; give 0 to 2**53 - 1")

    def to_json(self) -> dict[str, Any]:
        """Return all that may change what is said to an item, as the manifest holds it, beside who says it."""
        return {
            "split": self.split,
            "max_rounds": self.max_rounds,
            "hearing": self.hearing.to_json(),
            "seed": self.seed,
        }
