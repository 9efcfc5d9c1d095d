"""What examples are wanted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askqa_builder.chat.options import ChatOptions
from askqa_builder.errors import UsageError
from askqa_builder.hearing.options import Hearing
from askqa_builder.options import close_matches
from askqa_builder.recording.encode import FORMATS
from askqa_builder.tasks.registry import task_names

DEFAULT_TASKS = ("listening", "reasoning", "response")

DEFAULT_TRAIN = "train"

PARALINGUISTICS = "paralinguistics"

OURS = (*DEFAULT_TASKS, PARALINGUISTICS)

BALANCE_ACTION = "action"
"""The only thing by which examples can be balanced: as many responses that ask back as that answer."""

_WEIGHTS = "give each task once with a weight above 0, from 1e-6 to 1e6"


@dataclass(frozen=True)
class TasksOptions:
    """Which examples to make of a dataset, and how its rows are heard.

    tasks: names of the installed tasks to make. without: kinds, or task/kind, that are not made in any split. mix: the
    tasks' weights in the training split, which are its tasks then; None for all that there is. balance: "action" or
    None. fraction: of the training split, by story. train: the name of the training split; the others are never thinned
    out. keep_conflicts: leave requests in it whose labels contradict each other. wordings: a file with prompts in place
    of ours. audio_format: flac or wav. writer: a language model that writes for those tasks that let it; None for none.
    Raises UsageError where one of them is not allowed.
    """

    tasks: tuple[str, ...] = DEFAULT_TASKS
    without: tuple[str, ...] = ()
    mix: Mapping[str, float] | None = None
    balance: str | None = None
    fraction: float = 1.0
    train: str = DEFAULT_TRAIN
    keep_conflicts: bool = False
    seed: int = 0
    wordings: Path | None = None
    audio_format: str = "flac"
    hearing: Hearing = field(default_factory=Hearing)
    writer: ChatOptions | None = None

    def __post_init__(self) -> None:
        known = task_names()
        for name in self.tasks:
            if name not in known:
                raise UsageError(f"unknown task {name!r}{close_matches(name, known)}; installed: {', '.join(known)}")
        if not self.tasks or len(set(self.tasks)) < len(self.tasks):
            raise UsageError("tasks: name each once, and at least one")
        for name, weight in (self.mix or {}).items():
            if not _is_weight(weight):
                raise UsageError(f"mix: {name}={weight} is not allowed; {_WEIGHTS}")
        if self.balance not in (None, BALANCE_ACTION):
            raise UsageError(f"balance: {self.balance!r} is not allowed; give {BALANCE_ACTION}")
        if not 0.0 < self.fraction <= 1.0:
            raise UsageError(f"fraction: {self.fraction} is not allowed; give more than 0 and at most 1")
        if not 0 <= self.seed < 2**53:
            raise UsageError(f"seed: {self.seed} is not allowed; give 0 to 2**53 - 1")
        lossless = [name for name, chosen in FORMATS.items() if chosen.lossless]
        if self.audio_format not in lossless:
            raise UsageError(f"audio format: {self.audio_format!r} is not allowed; give {' or '.join(lossless)}")

    def makes(self, task: str, kind: str) -> bool:
        """Tell whether examples of a kind are made."""
        return kind not in self.without and f"{task}/{kind}" not in self.without

    def to_json(self) -> dict[str, Any]:
        """Return all that changes examples, as the manifest holds it; wordings are told apart."""
        return {
            "tasks": list(self.tasks),
            "without": sorted(set(self.without)),
            "mix": None if self.mix is None else dict(self.mix),
            "balance": self.balance,
            "fraction": self.fraction,
            "train": self.train,
            "keep_conflicts": self.keep_conflicts,
            "seed": self.seed,
            "audio_format": self.audio_format,
            "hearing": self.hearing.to_json(),
            "writer": None if self.writer is None else self.writer.identity,
        }


def parse_mix(given: str) -> dict[str, float]:
    """Read "listening=1,reasoning=1,response=2". Raises UsageError."""
    mix: dict[str, float] = {}
    for part in given.split(","):
        name, equals, weight = (text.strip() for text in part.partition("="))
        try:
            value = float(weight)
        except ValueError:
            value = math.nan
        if not equals or not name or name in mix or not _is_weight(value):
            raise UsageError(f"mix: {part.strip()!r} is not allowed; {_WEIGHTS}, as listening=1,reasoning=1,response=2")
        mix[name] = value
    return mix


def _is_weight(value: float) -> bool:
    """Tell whether a number may be a weight; sums and quotients of such are finite, and none is 0."""
    return math.isfinite(value) and 1e-6 <= value <= 1e6
