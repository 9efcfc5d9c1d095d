"""What a model is asked to respond to, and what the user means by it: settled before the model says anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from askqa_builder.corpus.conversation import Action


@dataclass(frozen=True)
class Said:
    """A turn of the dialogue as text. role: narrator, user or assistant."""

    role: str
    text: str


@dataclass(frozen=True)
class Intent:
    """One reading of a request, which the user of one trajectory has in mind whatever the model says.

    branch: its place in the row's first clarification; None where the request has one reading. weight: of its
    trajectory in the item; those of an item add up to 1. clarifying_question, reply: what an annotator asked, and how
    the user who means this answered; both None where there is one reading. references: right answers in this reading
    and in no other, the gold one first; several people's answers may be alike.
    """

    branch: int | None
    weight: float
    clarifying_question: str | None
    reply: str | None
    references: tuple[str, ...]


@dataclass(frozen=True)
class Speaker:
    """Who speaks a role in an item's recording; rate and pitch as asked of the voice (a factor, semitones)."""

    voice: str
    gender: str | None
    accent: str | None
    rate: float | None
    pitch: float | None


@dataclass(frozen=True)
class Item:
    """A point at which the assistant must respond: a row of the stage `initial`, without its audio.

    question: the user's last turn. gold: None where the corpus does not say whether the request is ambiguous.
    clarifying_questions: of all annotators, the spoken one first; empty where gold is to answer. intents: at least one;
    several only where gold is to clarify. contrast_id: shared by the items of one request that more history makes
    clear. conflict: the same request has both labels, in an order that is no contrast. speakers: by role.
    pcm_sha256: of the recording. turns: of the row, the story first and the question last; none where a model is asked,
    which knows them as far as it hears or reads them.
    """

    row_id: str
    split: str
    conversation_id: str
    story_id: str
    source: str
    rendition: int
    history: int
    question: str
    gold: Action | None
    clarifying_questions: tuple[str, ...]
    intents: tuple[Intent, ...]
    contrast_id: str | None
    conflict: bool
    speakers: dict[str, Speaker]
    pcm_sha256: str
    turns: tuple[Said, ...] = ()

    def trajectory_id(self, intent: Intent) -> str:
        """Return what names a trajectory in a run."""
        return self.row_id if intent.branch is None else f"{self.row_id}/{intent.branch}"

    def to_json(self) -> dict[str, Any]:
        """Return it as a line of a file."""
        return {**asdict(self), "gold": None if self.gold is None else self.gold.value}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Item:
        """Read what `to_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
        intents = tuple(Intent(**{**one, "references": tuple(one["references"])}) for one in told["intents"])
        speakers = {role: Speaker(**one) for role, one in told["speakers"].items()}
        gold = None if told["gold"] is None else Action(told["gold"])
        asked = tuple(told["clarifying_questions"])
        turns = tuple(Said(**one) for one in told.get("turns", ()))
        read = {"intents": intents, "speakers": speakers, "gold": gold, "clarifying_questions": asked, "turns": turns}
        return cls(**{**told, **read})
