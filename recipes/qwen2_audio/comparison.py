"""The paper's comparison: one task against several, a part of the stories against all of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from askqa_builder.corpus.conversation import Action
from askqa_builder.errors import UsageError
from askqa_builder.files import atomic_write

from qwen2_audio.evaluation import baseline, evaluate, evaluate_untrained, response_examples
from qwen2_audio.examples import Example, read_examples, select
from qwen2_audio.settings import Generation, Machine, TrainingSettings
from qwen2_audio.table import baseline_row, markdown
from qwen2_audio.training import train


@dataclass(frozen=True)
class Grid:
    """What is compared: each set of tasks on each fraction of the stories. untrained: also the model as it came."""

    single: tuple[str, ...] = ("response",)
    multi: tuple[str, ...] = ("listening", "reasoning", "response")
    fractions: tuple[float, ...] = (0.1, 1.0)
    untrained: bool = False

    def __post_init__(self) -> None:
        """Raise UsageError where two cells would be the same, or one would be of no such part."""
        if set(self.single) == set(self.multi):
            raise UsageError("--single and --multi name the same tasks")
        if len(set(self.fractions)) < len(self.fractions) or not self.fractions:
            raise UsageError("--fractions: give each fraction once, as 0.1,1")
        for fraction in self.fractions:
            if not 0 < fraction <= 1:
                raise UsageError(f"--fractions: {fraction:g} is not above 0 and at most 1; give them as 0.1,1")

    def cells(self, settings: TrainingSettings) -> Iterator[tuple[str, TrainingSettings]]:
        """Yield the name of each cell's folder, and its settings."""
        for name, tasks in (("single-task", self.single), ("multi-task", self.multi)):
            for fraction in self.fractions:
                yield f"{name}-{fraction * 100:g}", replace(settings, tasks=tasks, fraction=fraction)


def compare(
    data: Path, out: Path, grid: Grid, settings: TrainingSettings, generation: Generation, machine: Machine
) -> list[dict[str, Any]]:
    """Train and evaluate each cell in a folder of its own under `out`, and write the table there.

    What is done is not done again, so an interrupted comparison goes on. Raises as `train` and `evaluate` do; where the
    data are at fault, before anything is trained.
    """
    everything = read_examples(data, "train")
    for _, cell in grid.cells(settings):
        select(everything, cell.tasks, cell.fraction, cell.seed)
    to_respond = response_examples(data, generation.split)
    results = []
    for name, cell in grid.cells(settings):
        print(f"{name}: training", file=sys.stderr, flush=True)
        train(data, out / name, cell, machine)
        print(f"{name}: evaluating", file=sys.stderr, flush=True)
        results.append(evaluate(data, out / name, generation, machine.device))
    if grid.untrained:
        results.append(evaluate_untrained(data, out / "untrained", generation, machine.device, settings))
    results += baselines(to_respond)
    write_table(out, results)
    return results


def baselines(examples: Sequence[Example]) -> list[dict[str, Any]]:
    """Return the results of always answering and of always asking; examples: of `response_examples`."""
    return [
        baseline_row("always answer", baseline(examples, Action.ANSWER).to_json()),
        baseline_row("always clarify", baseline(examples, Action.CLARIFY).to_json()),
    ]


def write_table(out: Path, results: Sequence[dict[str, Any]]) -> None:
    """Write comparison.md and comparison.json."""
    with atomic_write(out / "comparison.md") as file:
        file.write(markdown(results).encode())
    with atomic_write(out / "comparison.json") as file:
        file.write((json.dumps(list(results), indent=2) + "\n").encode())
