"""What a process that makes rows has open, and what it does with a block; wherever that process runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from askqa_builder.build.plan import Block
from askqa_builder.build.planned import PlannedTake
from askqa_builder.build.poison import healthy
from askqa_builder.build.recipe import Recipe, check_unchanged, open_engines
from askqa_builder.build.steps import (
    Finished,
    crashed,
    finish_block,
    in_take_order,
    in_turns,
    plan_block,
    speak_block,
    utterances_by_engine,
)
from askqa_builder.build.turns import Spoken
from askqa_builder.build.word_check import WordCheck, open_word_check
from askqa_builder.errors import EngineError, StorageError, UsageError
from askqa_builder.speech.engine import Engine, PreparingEngine, Utterance

SECONDS_AT_ONCE = 120.0
"""Speech that a worker asks of its engine in one batch."""


@dataclass(frozen=True)
class Worker:
    """What a worker keeps from block to block: engines by key, and who checks words."""

    recipe: Recipe
    engines: Mapping[str, Engine]
    check: WordCheck | None

    def make(self, block: Block, poison: Mapping[int, str]) -> Finished:
        """Do the three steps of a block; `poison`: takes by place that end their engine, and what happened."""
        finished = Finished()
        planned, finished.rejects = plan_block(healthy(block, poison), self.recipe)
        for portion in portions(planned, block.seconds):
            finished.add(finish_block(portion, speak_block(portion, self.engines, self.check), self.recipe))
        finished.rejects = in_take_order(block, [*finished.rejects, *crashed(block, poison)])
        return finished

    def texts(self, block: Block, poison: Mapping[int, str]) -> dict[str, list[Utterance]]:
        """Return what a speaker elsewhere has to speak of a block, by engine; texts prepared where they can be."""
        planned, _ = plan_block(healthy(block, poison), self.recipe)
        batches = utterances_by_engine(planned)
        for key, engine in self.engines.items():
            if key in batches and isinstance(engine, PreparingEngine):
                batches[key] = [replace(one, prepared=_prepared(engine, one.text)) for one in batches[key]]
        return batches

    def finish(self, block: Block, poison: Mapping[int, str], speech: Mapping[str, Sequence[Spoken]]) -> Finished:
        """Finish a block of which `texts` was spoken elsewhere."""
        planned, unplanned = plan_block(healthy(block, poison), self.recipe)
        finished = finish_block(planned, in_turns(planned, speech), self.recipe)
        finished.rejects = in_take_order(block, [*unplanned, *finished.rejects, *crashed(block, poison)])
        return finished

    def finish_one(
        self, block: Block, poison: Mapping[int, str], speech: Mapping[str, Sequence[Spoken]], place: int
    ) -> None:
        """Finish a single take of a block as `finish` does, without keeping anything."""
        planned, _ = plan_block(healthy(block, poison), self.recipe)
        for take, spoken in zip(planned, in_turns(planned, speech), strict=True):
            if take.take == block.takes[place]:
                finish_block([take], [spoken], self.recipe)


def _prepared(engine: PreparingEngine, text: str) -> Any:
    """Prepare a text; None where the engine breaks its promise and raises: `speak` then says what is wrong."""
    try:
        return engine.prepare(text)
    except (UsageError, StorageError, EngineError, MemoryError, OSError):
        raise
    except Exception:
        return None


@contextmanager
def open_worker(recipe: Recipe, device: str | None, *, speaking: bool) -> Iterator[Worker]:
    """Open what a worker needs, and close it at the end of the `with` block. Raises UsageError.

    device: to speak on; None leaves it to the engines. speaking: it opens the engines to speak; otherwise only those
    that prepare texts for a speaker elsewhere.
    """
    with ExitStack() as stack:
        engines = stack.enter_context(open_engines(recipe.profiles.profiles, device, only_preparing=not speaking))
        check = None
        if speaking:
            check = stack.enter_context(open_word_check(recipe.profiles.profiles.gate, device))
            check_unchanged(engines, check, recipe)
        yield Worker(recipe, engines, check)


def portions(planned: Sequence[PlannedTake], seconds: float) -> Iterator[Sequence[PlannedTake]]:
    """Cut a block of so many seconds finer: a worker's memory is that of the speech it holds at once."""
    size = max(int(SECONDS_AT_ONCE * len(planned) / max(seconds, 1.0)), 1)
    return (planned[start : start + size] for start in range(0, len(planned), size))
