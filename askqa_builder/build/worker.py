"""What a process that makes rows has open, and what it does with a block; wherever that process runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from askqa_builder.build.plan import Block
from askqa_builder.build.planned import PlannedTake
from askqa_builder.build.recall import Batches, Recall
from askqa_builder.build.recipe import Recipe, check_unchanged, open_engines
from askqa_builder.build.steps import (
    Finished,
    SpokenByEngine,
    crashed,
    finish_block,
    in_take_order,
    in_turns,
    plan_block,
    speak_batch,
    utterances_by_engine,
)
from askqa_builder.build.turns import Spoken
from askqa_builder.build.word_check import WordCheck, open_word_check
from askqa_builder.speech.engine import Engine, Utterance
from askqa_builder.speech.utterance_cache import UtteranceCache

SECONDS_AT_ONCE = 120.0
"""Speech that a worker asks of its engine in one batch."""


@dataclass(frozen=True)
class Worker:
    """What a worker keeps from block to block: engines by key, who checks words, what was spoken before."""

    recipe: Recipe
    engines: Mapping[str, Engine]
    check: WordCheck | None
    recall: Recall | None

    def make(self, block: Block, poison: Mapping[int, str]) -> Finished:
        """Do the three steps of a block; `poison`: takes by place that end their engine, and what happened."""
        healthy = replace(block, takes=tuple(take for i, take in enumerate(block.takes) if i not in poison))
        finished = Finished()
        planned, finished.rejects = plan_block(healthy, self.recipe)
        for portion in portions(planned, block.seconds):
            finished.add(finish_block(portion, in_turns(portion, self._speak(portion)), self.recipe))
        finished.rejects = in_take_order(block, [*finished.rejects, *crashed(block, poison)])
        return finished

    def _speak(self, planned: Sequence[PlannedTake]) -> SpokenByEngine:
        recalled, batches = self.recalled(planned)
        for key, batch in batches.items():
            recalled.setdefault(key, {}).update(
                self.keep(key, batch, speak_batch(self.engines[key], batch, self.check))
            )
        return recalled

    def recalled(self, planned: Sequence[PlannedTake]) -> tuple[dict[str, dict[Utterance, Spoken]], Batches]:
        """Return what was spoken before, and what is left to be spoken, by the engines' keys."""
        batches = utterances_by_engine(planned)
        if self.recall is None:
            return {}, batches
        return self.recall.split(batches)

    def keep(self, engine: str, batch: Sequence[Utterance], spoken: Sequence[Spoken]) -> dict[Utterance, Spoken]:
        """Keep what an engine has spoken for another time, and return it by its utterances."""
        if self.recall is not None:
            self.recall.keep(engine, batch, spoken)
        return dict(zip(batch, spoken, strict=True))


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
        recall = None if recipe.cache is None else Recall(recipe, UtteranceCache(recipe.cache))
        yield Worker(recipe, engines, check, recall)


def portions(planned: Sequence[PlannedTake], seconds: float) -> Iterator[Sequence[PlannedTake]]:
    """Cut a block of so many seconds finer: a worker's memory is that of the speech it holds at once.

    Takes that share a narration stay together.
    """
    size = max(int(SECONDS_AT_ONCE * len(planned) / max(seconds, 1.0)), 1)
    start = 0
    for end in range(1, len(planned) + 1):
        if end == len(planned) or (
            end - start >= size and planned[end].turns[0].sound != planned[end - 1].turns[0].sound
        ):
            yield planned[start:end]
            start = end
