"""The speaking processes of a build, one a device: replaced when they end, and used to find the text that ends them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path

from askqa_builder.build.plan import Block, estimate
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.speaker import Speaker, SpeakingJob
from askqa_builder.build.spool import write_pickled
from askqa_builder.build.steps import plan_block, utterances_by_engine
from askqa_builder.errors import EngineError
from askqa_builder.speech.engine import Utterance

POLL_SECONDS = 0.05

_MOST_FAILED_STARTS = 5
_PROBE = -1
_HARMLESS = "Yes."


class Speakers:
    """A speaker on each of the recipe's devices."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._speakers: list[Speaker] = []
        self._failed_starts = [0] * len(recipe.devices)

    def __iter__(self) -> Iterator[Speaker]:
        return iter(self._speakers)

    def __len__(self) -> int:
        return len(self._failed_starts)

    def start(self) -> None:
        """Start them all."""
        for device in self._recipe.devices:
            self._speakers.append(Speaker(self._recipe, device))

    def stop(self) -> None:
        """End them all at once."""
        for speaker in self._speakers:
            speaker.stop()

    def wait(self) -> None:
        """Wait a moment for one that has something to say."""
        wait([end for speaker in self for end in (speaker.connection, speaker.sentinel)], timeout=POLL_SECONDS)

    def replace(self, place: int) -> str:
        """Start a new speaker in place of one that ended, and say what happened to that.

        Raises EngineError where one after the other ends before it is ready.
        """
        ended = self._speakers[place]
        happened = ended.stop()
        self._failed_starts[place] = 0 if ended.ready else self._failed_starts[place] + 1
        if self._failed_starts[place] > _MOST_FAILED_STARTS:
            raise EngineError(f"speaking fails before it begins ({happened}); look at the machine and run again")
        self._speakers[place] = Speaker(self._recipe, self._recipe.devices[place])
        return happened

    def find_poison(self, place: int, block: Block, known: Collection[int], texts: Path) -> dict[int, str]:
        """Return the takes of a block, by place, that end their speaker when it has nothing else, and what happened.

        Each is spoken twice if need be. place: of a speaker without jobs. known: takes to leave out. texts: a file
        to use. Raises EngineError where the speaker ends whatever the text.
        """
        found = {}
        harmless: Mapping[str, Sequence[Utterance]] = {}
        for number, take in enumerate(block.takes):
            if number in known:
                continue
            planned, _ = plan_block(replace(block, takes=(take,)), self._recipe)
            utterances = utterances_by_engine(planned)
            seconds = estimate(take.conversation, self._recipe).spoken
            happened = self._ended_by(place, utterances, seconds, texts)
            if happened:
                found[number] = happened
                harmless = {key: [replace(batch[0], text=_HARMLESS)] for key, batch in utterances.items()}
        whatever = self._ended_by(place, harmless, 1.0, texts) if found else None
        if whatever:
            raise EngineError(f"speaking fails whatever the text ({whatever}); look at the machine and run again")
        return found

    def _ended_by(
        self, place: int, utterances: Mapping[str, Sequence[Utterance]], seconds: float, texts: Path
    ) -> str | None:
        """Say what happens to a speaker with these utterances, if it happens twice."""
        write_pickled(texts, utterances)
        probe = SpeakingJob(_PROBE, seconds, texts, None)
        return self._try(place, probe) and self._try(place, probe)

    def _try(self, place: int, probe: SpeakingJob) -> str | None:
        self._speakers[place].send(probe)
        while True:
            speaker = self._speakers[place]
            wait([speaker.connection, speaker.sentinel], timeout=POLL_SECONDS)
            try:
                if speaker.receive():
                    return None
            except EOFError:
                happened = self.replace(place)
                if speaker.ready:
                    return happened
                self._speakers[place].send(probe)  # its predecessor never began
