"""What a reader of a corpus is, and what a user may choose about reading.

A reader is a function `read_NAME(file, seen, reading)` that yields what a file holds, in file order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from askqa_builder.corpus.accounting import Outcome
from askqa_builder.corpus.conversation import Turn
from askqa_builder.corpus.source_file import SourceFile

ALL_TURNS = "all"


class Dialogues(Protocol):
    """Where the whole history of an item is found."""

    @property
    def files(self) -> Sequence[SourceFile]:
        """What they were read from."""
        ...

    def history(self, identifier: str, story: str, asked: Sequence[str], turn_id: int) -> tuple[Turn, ...]:
        """Return all turns of a dialogue before a question; see `CoqaDialogues.history`."""
        ...


@dataclass(frozen=True)
class Reading:
    """How conversations are made of what a file holds.

    turns: of each dialogue of a corpus that names no target turns, at most so many questions become targets of their
    own; ALL_TURNS for all, None for a corpus that names them. dialogues: CoQA's, from which Abg-CoQA's items take their
    whole history; None for the turns that Abg-CoQA itself has.
    """

    turns: int | str | None = 1
    dialogues: Dialogues | None = None

    @property
    def history(self) -> Sequence[SourceFile]:
        """The files that give no conversations of their own, but history."""
        return () if self.dialogues is None else self.dialogues.files

    def targets(self, count: int) -> list[int]:
        """Return which of so many turns, counted from 0, become targets: evenly spread, the last among them."""
        most = count if self.turns == ALL_TURNS else min(int(self.turns or 1), count)
        return [(i + 1) * count // most - 1 for i in range(most)]


AS_IT_IS = Reading()

Reader = Callable[[SourceFile, set[str], Reading], Iterator[Outcome]]
"""Yields the conversations of a file and what is rejected.

The set has the ids of the conversations read so far in this build, over all its files, and is added to: a second
conversation with the same id is rejected. Raises UsageError, at the first item, where the file as a whole cannot be
used.
"""
