"""What questions of a row need of all rows: which row asks about which words, and how often what is the answer.

The rows of a conversation, and conversations about one story, share turns. One row alone, drawn by hash, asks about a
turn with the same words, so that no question is asked twice of a story.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence

from askqa_builder.seeds import Stream, derive_seed
from askqa_builder.tasks.heard_row import HeardRow, plain

Group = tuple[str, ...]
"""Among which turns answers are balanced."""

Tag = tuple[Group, Hashable]
"""A group that a turn belongs to, and what it counts as there."""


class RowSurvey:
    """Collects turns until `settle`, then tells."""

    def __init__(self) -> None:
        self._owners: dict[int, tuple[int, tuple[Tag, ...]]] = {}
        self._tags: dict[tuple[Tag, ...], tuple[Tag, ...]] = {}
        self._counts: dict[Group, Counter[Hashable]] = defaultdict(Counter)

    def offer(self, row: HeardRow, turn: int, tags: Iterable[Tag]) -> None:
        """Take note of a turn that is heard."""
        kept = tuple(tags)
        candidate = _draw(row), self._tags.setdefault(kept, kept)
        key = _words(row, turn)
        if key not in self._owners or candidate[0] < self._owners[key][0]:
            self._owners[key] = candidate

    def settle(self) -> None:
        """Count the turns that are asked about."""
        for _, tags in self._owners.values():
            for group, value in tags:
                self._counts[group][value] += 1

    def owned(self, row: HeardRow) -> list[int]:
        """Return the turns that this row asks about."""
        return [turn for turn in row.turns if self._owners[_words(row, turn)][0] == _draw(row)]

    def values(self, group: Group) -> list[Hashable]:
        """Return what turns of a group count as, in an order that is always the same."""
        return sorted(self._counts[group], key=repr) if group in self._counts else []

    def keeps(self, group: Group, value: Hashable, other: Hashable, stream: Stream) -> bool:
        """Draw whether a question with the answer `value` that could have been `other` is asked: of both as often."""
        counts = self._counts[group]
        return stream.uniform() * counts[value] < min(counts[value], counts[other])


def shuffled_pair(stream: Stream, right: str, wrong: str) -> tuple[Sequence[str], str]:
    """Return two options in a drawn order, and the letter of the right one."""
    first = stream.uniform() < 0.5
    return ((right, wrong), "A") if first else ((wrong, right), "B")


def _draw(row: HeardRow) -> int:
    return derive_seed("asks", row.row["id"])


def _words(row: HeardRow, turn: int) -> int:
    return derive_seed("words", row.row["story_id"], plain(row.text(turn)))
