"""What readers of corpora share: how an item is accounted for, and what a user may choose about reading.

A reader is a function `read_NAME(file, seen, reading)` that yields what a file holds, in file order. Every item ends
in conversations or in rejects, none in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from askqa_builder.corpus.conversation import Conversation, Stage, row_suffix
from askqa_builder.corpus.fields import ItemError
from askqa_builder.corpus.json_lines import parse_lines
from askqa_builder.corpus.rejects import Reject, quote
from askqa_builder.corpus.source_file import SourceFile

if TYPE_CHECKING:
    from askqa_builder.corpus.coqa_history import CoqaDialogues

Outcome = Conversation | Reject

BadBranches = Sequence[tuple[int, ItemError]]
"""Branches of an item that cannot be used: place in the source's list, and why."""

ALL_TURNS = "all"

_SHOWN_NAME_CHARACTERS = 80


@dataclass(frozen=True)
class Reading:
    """How conversations are made of what a file holds.

    turns: of each dialogue of a corpus that names no target turns, at most so many questions become targets of their
    own; ALL_TURNS for all, None for a corpus that names them. dialogues: CoQA's, from which Abg-CoQA's items take their
    whole history; None for the turns that Abg-CoQA itself has.
    """

    turns: int | str | None = 1
    dialogues: CoqaDialogues | None = None

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


@dataclass(frozen=True)
class Place:
    """Where an item stands. file: name without folder. index: 0-based. line: from 1, of files that have lines."""

    file: str
    index: int
    line: int | None = None

    def reject(self, identifier: str | None, error: ItemError) -> Reject:
        """Return the reject of what stands here."""
        return Reject(identifier, self.file, self.index, "read", error.reason, f"{self._prefix}{error.detail}")

    @property
    def _prefix(self) -> str:
        if self.line is None:
            return ""
        name = self.file
        shown = name if len(name) <= _SHOWN_NAME_CHARACTERS else f"…{name[1 - _SHOWN_NAME_CHARACTERS :]}"
        return f"{shown}:{self.line}: "


def account_for_lines(
    file: SourceFile,
    seen: set[str],
    identify: Callable[[object], str],
    make: Callable[[object, Place, str], tuple[Conversation, BadBranches]],
) -> Iterator[Outcome]:
    """Account for each line of a file of JSON Lines, named by its number; identify, make: as of `account_for`."""
    for index, (line, value) in enumerate(parse_lines(file.read(), file.path)):
        place = Place(file.name, index, line)
        if isinstance(value, ItemError):
            yield place.reject(None, value)
        else:
            yield from account_for(place, seen, partial(identify, value), partial(make, value, place))


def account_for(
    place: Place,
    seen: set[str],
    identify: Callable[[], str],
    make: Callable[[str], tuple[Conversation, BadBranches]],
) -> Iterator[Outcome]:
    """Yield one conversation or one reject, and the rejects of single branches.

    identify: returns the conversation's id. make: returns it with the branches that cannot be used, given its id. Both
    raise ItemError. Rejects of branches (their id is the row's, `<conversation_id>#clarified-<index>`) come just
    *before* their conversation, so that whoever stops at the n-th conversation has seen all that was rejected up to it.
    """
    identifier = None
    try:
        identifier = identify()
        if identifier in seen:
            raise ItemError("duplicate_id", f"the id {quote(identifier)} was read before")
        conversation, bad_branches = make(identifier)
    except ItemError as error:
        yield place.reject(identifier, error)
        return
    for branch, why in bad_branches:
        yield place.reject(f"{identifier}{row_suffix(Stage.CLARIFIED, branch)}", why)
    seen.add(identifier)
    yield conversation
