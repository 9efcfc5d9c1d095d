"""New text in the voices of a finished dataset's rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from askqa_builder.build.recipe import describe_recipe, library_versions
from askqa_builder.build.voicing.appending import Continued, go_on_with
from askqa_builder.build.voicing.line import HeardLine, Line, PlannedLine, Row, SpokenLine
from askqa_builder.build.voicing.planning import LinePlanner
from askqa_builder.build.voicing.pool import LinePool
from askqa_builder.build.voicing.settling import VoicingOptions, settle
from askqa_builder.corpus.conversation import Role
from askqa_builder.dataset.reading import finished_manifest
from askqa_builder.errors import SpeechError


class RowVoices:
    """Speaks new text as the speakers of a dataset's rows speak: by the steps of a build, from the same draws.

    A context manager: workers are open as long as its `with` block. sampling_rate: of what is spoken, Hz. described:
    all that can change a sample beside the rows, as JSON.
    """

    def __init__(self, dataset: str | Path, roles: Collection[Role] = tuple(Role), **options: Any) -> None:
        """Settle who speaks. roles: those for whom there will be lines. options: the fields of `VoicingOptions`.

        Raises UsageError where `dataset` holds no finished dataset, a role was recorded by people, or an engine, its
        version or files are not at hand.
        """
        chosen = VoicingOptions(**options)
        folder = Path(dataset)
        recipe = settle(folder, finished_manifest(folder), roles, chosen)
        self.sampling_rate = recipe.sample_rate
        self.described = {**describe_recipe(recipe), "libraries": library_versions(recipe)}
        self._planner = LinePlanner(recipe)
        self._pool = LinePool(recipe, chosen.workers)

    def __enter__(self) -> RowVoices:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def speak(self, lines: Sequence[Line]) -> list[SpokenLine | SpeechError]:
        """Speak lines in as few batches as there can be; item i answers line i.

        A line that cannot be spoken is returned as the SpeechError that says why. Memory holds the speech of all.
        Raises UsageError where a row is none of the dataset, EngineError where an engine is out of order.
        """
        planned = [self._planner.plan(line) for line in lines]
        answers = self._pool.speak(planned)
        return [self._spoken(*one) for one in zip(lines, planned, answers, strict=True)]

    def go_on(self, row: Row, spoken: Sequence[SpokenLine]) -> Continued:
        """Return a row's recording that goes on with lines spoken for it, one after the other.

        With the clarifying question and the reply of a branch it is the recording of that branch's row, but for the
        last bits where there is a channel, and an echo of the row's last turn that lasts into the first line. Raises
        UsageError where the row comes without its audio.
        """
        return go_on_with(row, spoken, self._planner.tail(row), self._planner.through(row))

    def _spoken(self, line: Line, planned: PlannedLine, answer: HeardLine | SpeechError) -> SpokenLine | SpeechError:
        if isinstance(answer, SpeechError):
            return answer
        heard = answer.heard
        assert heard.loudness is not None
        return SpokenLine(
            line=line,
            pcm=answer.pcm,
            dry=heard.pcm,
            sampling_rate=self.sampling_rate,
            words=heard.words,
            spoken_text=heard.spoken_text,
            pause=planned.turn.pause,
            seed=planned.turn.seed,
            rate=planned.turn.prosody.rate,
            pitch=planned.turn.prosody.pitch,
            loudness=heard.loudness,
            style=heard.style,
            measured=heard.measured,
        )
