"""What a task is: how it makes examples of a row, and how it checks one against its row.

Another package adds a task as a class of the entry-point group `askqa_builder.tasks`; see docs/tasks.md.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from askqa_builder.chat.model import ChatModel
from askqa_builder.corpus.rejects import Reject
from askqa_builder.hearing.row_times import Row
from askqa_builder.seeds import Stream
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.wordings import Wordings


class Draw:
    """Streams of random numbers that depend on the row, the task and what is drawn, and on nothing else."""

    def __init__(self, seed: int, task: str, row_id: str) -> None:
        self.seed = seed
        self._key = ("task", seed, task, row_id)

    def stream(self, *what: str | int) -> Stream:
        """Return the stream for one thing that is drawn, as a kind and a number."""
        return Stream(*self._key, *what)


class Task(ABC):
    """Base class of tasks. An instance serves one run.

    name: as in `Example.task` and `--mix`; version: raised when the same row would give other examples. written: kinds
    of which a language model writes examples where one is given (`write`); none for most tasks. readable_kinds: those
    that who is given the labels of how it is said (times, speakers, measurements; no words) answers without any sound;
    None where nobody has looked, or each draft says it.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    written: ClassVar[tuple[str, ...]] = ()
    readable_kinds: ClassVar[frozenset[str] | None] = None

    def __init__(self, wordings: Wordings) -> None:
        self.wordings = wordings

    def tagged(self, draft: Draft) -> Draft:
        """Return a draft that says whether labels answer it, where its kind does."""
        if self.readable_kinds is None:
            return draft
        return replace(draft, metadata_readable=draft.kind in self.readable_kinds)

    @property
    def description(self) -> str:
        """The first line of its class's docstring, as cards have it; empty where there is none."""
        return (type(self).__doc__ or "").strip().partition("\n")[0].strip()

    @property
    def kinds(self) -> Sequence[str] | None:
        """The kinds of its examples, so that a mistyped one is refused; None where nobody tells."""
        return None

    def survey(self, row: Row, split: str) -> None:  # noqa: B027 - most tasks need nothing of other rows
        """Take note of what examples of other rows will need; called for each row, without audio, before `drafts`.

        Of the training split only those of the chosen stories, of a story in several splits only those of one.
        """

    def expect(self, row: HeardRow) -> None:  # noqa: B027
        """Take note of a row that `drafts` will be given, as it is heard; called after its `survey`."""

    def surveyed(self) -> None:  # noqa: B027
        """Take note that every row has been seen."""

    def write(self, rows: Iterable[HeardRow], model: ChatModel, seed: int, kinds: Sequence[str]) -> list[Reject]:
        """Let a language model write about the rows that `expect` has seen; return what it failed at.

        Called after `surveyed`, where a model is given. kinds: those of `written` that are made. Raises what
        `ChatModel` raises.
        """
        return []

    @abstractmethod
    def drafts(self, row: HeardRow, draw: Draw) -> Iterator[Draft]:
        """Yield what this row gives; each (kind, turn, prompt) once."""

    @abstractmethod
    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Say what is wrong with an example, found in its row anew; None where it is right."""

    def labels_of(self, example: Example) -> tuple[str, ...] | None:
        """Return the labels that an example could have, for who measures what its text gives away of them.

        None where its answer is no class, or nobody needs to know.
        """
        return None

    @property
    def tells_labels(self) -> bool:
        """Whether what the text gives away of its examples is measured."""
        return type(self).labels_of is not Task.labels_of

    def say(self, kind: str, stream: Stream, **fields: Any) -> str:
        """Return a prompt of this task in one of its wordings."""
        return self.wordings.say(self.name, kind, stream, **fields)

    def misworded(self, example: Example, wording: str | None = None) -> str | None:
        """Say that a prompt is none of its kind's wordings with the example's facts and statement in their places.

        wording: the name under which these stand, where that is not the kind's.
        """
        fields = {**facts_of(example), "statement": example.statement}
        if self.wordings.says(self.name, wording or example.kind, example.prompt, **fields):
            return None
        return "the prompt is in none of the wordings of its kind"


def facts_of(example: Example) -> dict[str, Any]:
    """Return what an example's maker noted for its check."""
    facts: dict[str, Any] = json.loads(example.facts)
    return facts
