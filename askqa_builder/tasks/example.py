"""An instruction example: audio and a prompt in, an answer out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import Any

import pyarrow as pa

from askqa_builder.corpus.rejects import describe
from askqa_builder.hearing.metadata import beside_labels

AUDIO_FILE = pa.struct(
    [("path", pa.string()), ("samples", pa.int64()), ("sampling_rate", pa.int32()), ("channels", pa.int32())]
)

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("task", pa.string()),
        ("kind", pa.string()),
        ("row_id", pa.string()),
        ("conversation_id", pa.string()),
        ("story_id", pa.string()),
        ("turn", pa.int32()),
        ("seed", pa.int64()),
        ("audio", pa.list_(AUDIO_FILE)),  # paths are relative to the set's folder
        ("story", pa.string()),  # where it is read instead of heard
        ("prompt", pa.string()),
        ("answer", pa.string()),
        ("references", pa.list_(pa.string())),
        ("action", pa.string()),
        ("label", pa.string()),
        ("statement", pa.string()),
        ("facts", pa.string()),
        ("contrast_id", pa.string()),
        ("language", pa.string()),
        ("license", pa.string()),
        ("metadata", pa.string()),  # absent where the set was made before there was any
        ("metadata_readable", pa.bool_()),  # absent from sets of earlier versions
    ]
)
"""The columns of a set of task examples; `Example` tells what they hold."""


@dataclass(frozen=True)
class Draft:
    """What a task makes of a row: the part of an example that is the task's own.

    kind: which of the task's kinds of question. turn: index of the row's turn that it is about, None for none or
    several. prompt: what the model is asked, without the story; answer: what it should say; references: acceptable
    answers, `answer` first. action: `clarify` or `answer` where it is a response, else None. label: the class of the
    answer where there are few. statement: the part of the prompt that differs from example to example, by which
    leakage is measured. facts: what `Task.fault` needs to find the answer in the row anew; JSON.
    metadata_readable: whether who is given the labels of how it is said needs no sound to answer; None where nobody has
    looked.
    Raises TypeError where a text is none, or the facts are no JSON.
    """

    kind: str
    prompt: str
    answer: str
    references: tuple[str, ...] = ()
    turn: int | None = None
    action: str | None = None
    label: str | None = None
    statement: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    metadata_readable: bool | None = None

    def __post_init__(self) -> None:
        texts = {name: getattr(self, name) for name in ("kind", "prompt", "answer")}
        texts |= {f"references[{place}]": text for place, text in enumerate(self.references)}
        may_be_none = {name: getattr(self, name) for name in ("action", "label", "statement")}
        for name, text in (texts | {name: text for name, text in may_be_none.items() if text is not None}).items():
            if not isinstance(text, str):
                raise TypeError(f"{name} is {describe(text)}, not a text")
        if self.turn is not None and not isinstance(self.turn, int):
            raise TypeError(f"turn is {describe(self.turn)}, not the index of a turn")
        json.dumps(self.facts)


@dataclass(frozen=True)
class Example:
    """One example as it stands in a set: the columns of SCHEMA.

    audio: files as {path, samples, sampling_rate, channels}. story: its text where it is read instead of heard.
    seed: of the draws that made it. contrast_id: names the pair of rows whose request is ambiguous with less history
    and clear with more; None after the clarification. language, license: of the row's text. metadata: labels of how
    it is said, as `hearing.metadata` writes them, where they stand in the prompt.
    """

    id: str
    task: str
    kind: str
    row_id: str
    conversation_id: str
    story_id: str
    turn: int | None
    seed: int
    audio: list[dict[str, Any]]
    story: str | None
    prompt: str
    answer: str
    references: list[str]
    action: str | None
    label: str | None
    statement: str | None
    facts: str
    contrast_id: str | None
    language: str
    license: str
    metadata: str | None = None
    metadata_readable: bool | None = None

    @property
    def full_prompt(self) -> str:
        """All text that a model gets: the story first, where it is read, then labels of how it is said."""
        told = [] if self.story is None else [f"Story:\n{beside_labels(self.story.strip())}"]
        labels = [] if self.metadata is None else [self.metadata]
        return "\n\n".join([*told, *labels, beside_labels(self.prompt)])

    def to_json(self) -> dict[str, Any]:
        """Return its columns."""
        return {one.name: getattr(self, one.name) for one in fields(self)}
