"""How every item of a source is accounted for: it ends in conversations or in rejects, none in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from askqa_builder.corpus.conversation import Branch, Conversation, Stage, row_suffix
from askqa_builder.corpus.fields import Fields, ItemError
from askqa_builder.corpus.json_lines import parse_lines
from askqa_builder.corpus.rejects import Reject, quote
from askqa_builder.corpus.source_file import SourceFile

Outcome = Conversation | Reject

BadBranches = Sequence[tuple[int, ItemError]]
"""Branches of an item that cannot be used: place in the source's list, and why."""

_SHOWN_NAME_CHARACTERS = 80


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


def usable_branches(
    elements: Iterable[tuple[str, object]], make: Callable[[int, Fields], Branch], name: str
) -> tuple[tuple[Branch, ...], BadBranches]:
    """Return the branches that can be made of some elements, and those that cannot be used.

    elements: where each stands, and the element. make: returns the branch of a place and its fields; raises ItemError.
    name: what branches are called where they are reported. Raises ItemError `no_branch` where none can be used.
    """
    good: list[Branch] = []
    bad: list[tuple[int, ItemError]] = []
    for index, (where, element) in enumerate(elements):
        try:
            good.append(make(index, Fields(element, where)))
        except ItemError as error:
            bad.append((index, error))
    if not good:
        why = f": {bad[0][1].detail}" if bad else ""
        raise ItemError("no_branch", f"none of the {len(bad)} {name} can be used{why}")
    return tuple(good), bad
