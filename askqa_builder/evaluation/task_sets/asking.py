"""The examples of a set put before a model, each once, several at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from askqa_builder.chat.answer import UnfitAnswerError
from askqa_builder.evaluation.answering import answered
from askqa_builder.evaluation.hopeless import FirstRequests
from askqa_builder.evaluation.ledger import Json, Ledger
from askqa_builder.evaluation.models.model import OutOfReachError, Request
from askqa_builder.evaluation.models.subject import Subject
from askqa_builder.evaluation.task_sets.item import TaskItem
from askqa_builder.evaluation.task_sets.reading import clips_of, rate_of
from askqa_builder.evaluation.task_sets.subject import ClipSounds
from askqa_builder.evaluation.threads import in_threads

Ending = Literal["answered", "failed", "not_applicable"]
"""failed: the model was out of reach, or its server refused this request; it has no scores, and is tried again.
not_applicable: a control has nothing to say to it; it has no scores either."""


@dataclass(frozen=True)
class TaskResponse:
    """What a model says to an example.

    failure: why there is nothing. response, unfit, seconds, prompt_tokens, completion_tokens, audio_seconds: as of a
    dialogue's `Round`; seconds are 0 where nobody was asked.
    """

    id: str
    ending: Ending
    failure: str | None = None
    response: str = ""
    unfit: str | None = None
    seconds: float = 0.0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    audio_seconds: float | None = None

    @property
    def tokens(self) -> int:
        """As far as the model tells."""
        return (self.prompt_tokens or 0) + (self.completion_tokens or 0)

    def to_json(self) -> dict[str, Any]:
        """Return it as a line of a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> TaskResponse:
        """Read what `to_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(**told)


@dataclass(frozen=True)
class TaskAsking:
    """Asks a subject about examples of a set in a folder; threads may share it. sounds: of the whole split."""

    subject: Subject
    folder: Path
    sounds: ClipSounds
    ledger: Ledger

    def knows(self, item: TaskItem) -> bool:
        """Tell whether an example was asked about before."""
        return self.ledger.knows(_asked(item))

    def all(self, items: Sequence[TaskItem]) -> Iterator[TaskResponse]:
        """Yield a response to each example, as they become ready; what is in the ledger is not asked again.

        Raises AskqaError where the first examples all fail, or a clip is damaged; EngineError where the model is out
        of order.
        """
        first = FirstRequests()
        for found in in_threads(self._respond, items, self.subject.concurrency):
            yield found
            if found.ending != "not_applicable":
                first.note(found.failure)

    def _respond(self, item: TaskItem) -> TaskResponse:
        blinded = item.blinded
        skipped = self.subject.skips(blinded)
        if skipped is not None:
            return TaskResponse(item.id, "not_applicable", skipped)

        def ask() -> Json:
            clips = clips_of(self.folder, item) if self.subject.takes_clips else ()
            request = Request(blinded, 1, clips, rate_of(item), item.prompt, ())
            return answered(self.subject, self.subject.prepared(request, None, self.sounds))

        try:
            told = self.ledger.once(_asked(item), ask)
        except (OutOfReachError, UnfitAnswerError) as error:
            return TaskResponse(item.id, "failed", str(error))
        return TaskResponse(
            item.id,
            "answered",
            response=told["response"],
            unfit=told["unfit"],
            seconds=told["seconds"],
            prompt_tokens=told["prompt_tokens"],
            completion_tokens=told["completion_tokens"],
            audio_seconds=told["audio_seconds"],
        )


def _asked(item: TaskItem) -> Json:
    """Return what decides a response within a run."""
    return {"who": "model", "example": item.id}
