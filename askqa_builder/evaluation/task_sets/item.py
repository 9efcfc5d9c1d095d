"""An example of a set as an evaluation needs it: what is asked, about which sound, and what is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from askqa_builder.evaluation.item import Item
from askqa_builder.hearing.clip_files import AudioFile
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.task import facts_of


@dataclass(frozen=True)
class TaskItem:
    """An example, without its sound.

    question: what is asked, without whatever stands before it. prompt: all text that the model gets in this run.
    audio: files of the set. references: right answers, the gold one first. label: the class of the answer, None where
    there are no classes. metadata: whether labels of how it is said stand in the prompt. metadata_readable: whether
    such labels tell the answer to who hears nothing; None where nobody has looked. form: of the question, where its
    kind has several. offered: what the question lets choose between, as "a, b or c" or "a; b; or c", where that
    differs within a form.
    """

    id: str
    task: str
    kind: str
    row_id: str
    conversation_id: str
    story_id: str
    split: str
    question: str
    prompt: str
    audio: tuple[AudioFile, ...]
    references: tuple[str, ...]
    label: str | None
    metadata: bool
    metadata_readable: bool | None
    form: str | None = None
    offered: str | None = None

    @property
    def of_kind(self) -> str:
        """Task and kind, by which figures are told apart."""
        return f"{self.task}/{self.kind}"

    @property
    def blinded(self) -> Item:
        """What a model under test may know of it: where it comes from, and what is asked."""
        return Item(
            row_id=self.id,
            split=self.split,
            conversation_id=self.conversation_id,
            story_id=self.story_id,
            source="",
            rendition=0,
            history=0,
            question=self.question,
            gold=None,
            clarifying_questions=(),
            intents=(),
            contrast_id=None,
            conflict=False,
            speakers={},
            pcm_sha256="",
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as a line of a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> TaskItem:
        """Read what `to_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
        audio = tuple(AudioFile(**one) for one in told["audio"])
        return cls(**{**told, "audio": audio, "references": tuple(told["references"])})

    @classmethod
    def of(cls, example: Example, split: str, *, metadata: bool) -> TaskItem:
        """Make it of an example. metadata: whether labels that stand in its prompt are left there."""
        asked = example if metadata else replace(example, metadata=None)
        facts = {name: fact for name, fact in facts_of(example).items() if isinstance(fact, str)}
        return cls(
            id=example.id,
            task=example.task,
            kind=example.kind,
            row_id=example.row_id,
            conversation_id=example.conversation_id,
            story_id=example.story_id,
            split=split,
            question=example.prompt,
            prompt=asked.full_prompt,
            audio=tuple(AudioFile(**one) for one in example.audio),
            references=tuple(example.references),
            label=example.label,
            metadata=asked.metadata is not None,
            metadata_readable=example.metadata_readable,
            form=facts.get("form"),
            offered=facts.get("options") or facts.get("roles"),
        )
