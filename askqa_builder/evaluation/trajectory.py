"""What was said in one trajectory, as a line of a run's journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from askqa_builder.corpus.conversation import Action

Ending = Literal["answered", "max_rounds", "broken_off", "not_applicable", "failed"]
"""answered: the last response is no clarifying question. max_rounds: it still is one. broken_off: it is one that no
voice can speak, or that makes the recording longer than what the model hears at once. failed: something other than the
model under test gave no answer, or it was out of reach; such a trajectory has no scores, and is tried again.
not_applicable: a control has nothing to say to it; it has no scores either."""


@dataclass(frozen=True)
class Round:
    """One response of the model, and what the user replies.

    response: empty where the model had none to give, or what there is of one that was cut off; unfit: why, as a slug.
    action: by the classifier that decides.
    actions: by the name of each classifier. reply: None after the last response. seconds: until the response was there.
    prompt_tokens, completion_tokens: None where nobody tells. audio_seconds: of what the model was given to hear.
    left_out: of a control that speaks for an annotator, which of the references it says (`Response.left_out`).
    recording: what could be heard, as a file of the run's folder; None where it is not kept.
    """

    response: str
    action: Action
    actions: Mapping[str, str]
    seconds: float
    reply: str | None = None
    unfit: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    audio_seconds: float | None = None
    left_out: int | None = None
    recording: str | None = None


@dataclass(frozen=True)
class Trajectory:
    """A conversation between a model and a user with one intent.

    item: its row's id; branch: of the intent. rounds: none where it failed in the first. failure: why it was broken
    off or failed.
    """

    id: str
    item: str
    branch: int | None
    rounds: tuple[Round, ...]
    ending: Ending
    failure: str | None = None

    @property
    def first(self) -> Round:
        """The response to the recording as the dataset has it."""
        return self.rounds[0]

    @property
    def last(self) -> Round:
        """The response with which it ends."""
        return self.rounds[-1]

    def to_json(self) -> dict[str, Any]:
        """Return it as a line of the journal."""
        told = asdict(self)
        for one in told["rounds"]:
            one["action"] = one["action"].value
        return told

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Trajectory:
        """Read what `to_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
        rounds = tuple(Round(**{**one, "action": Action(one["action"])}) for one in told["rounds"])
        return cls(**{**told, "rounds": rounds})
