"""Requests whose label changes with the length of the history before them.

More history may make a request clear: a natural pair of contrast. Where it makes a clear one ambiguous, the labels
contradict each other. In Abg-CoQA the same target occurs with one and with two turns of history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from askqa_builder.corpus.conversation import Act, Stage
from askqa_builder.seeds import short_hash


class Labelled(NamedTuple):
    """A labelled request. history: turns before it; with story and target turn it is the same request elsewhere."""

    conversation_id: str
    story_id: str
    target_turn_id: int | None
    history: int
    ambiguous: bool


@dataclass(frozen=True)
class LabelChange:
    """One request under two labels. conversations: where it occurs, the shortest history first.

    becomes_clear: with more history it is clear and stays so; else its labels contradict each other.
    """

    conversations: tuple[str, ...]
    becomes_clear: bool


def label_changes(labelled: Iterable[Labelled]) -> list[LabelChange]:
    """Return the requests that have both labels, by story and target; each conversation counts once."""
    targets: dict[tuple[str, int], dict[str, Labelled]] = defaultdict(dict)
    for one in labelled:
        if one.target_turn_id is not None:
            targets[one.story_id, one.target_turn_id].setdefault(one.conversation_id, one)
    changes = []
    for _, found in sorted(targets.items()):
        group = sorted(found.values(), key=lambda one: one.history)
        labels = [one.ambiguous for one in group]
        if len(set(labels)) > 1:
            becomes_clear = labels == sorted(labels, reverse=True)
            changes.append(LabelChange(tuple(one.conversation_id for one in group), becomes_clear))
    return changes


def labelled(row: Mapping[str, Any]) -> Labelled | None:
    """Return the labelled request of a row; None for one that has no label or is heard in another row as well."""
    if row["stage"] != Stage.INITIAL.value or row["ambiguous"] is None or row["rendition"]:
        return None
    return Labelled(
        row["conversation_id"], row["story_id"], row["target_turn_id"], turns_of_history(row), row["ambiguous"]
    )


def turns_of_history(row: Mapping[str, Any]) -> int:
    """Return how many turns stand between the story and the request of an initial row."""
    return sum(turn["act"] in (Act.QUESTION.value, Act.ANSWER.value) for turn in row["turns"]) - 1


@dataclass(frozen=True)
class LabelGroups:
    """Conversations with requests that have both labels.

    contrasts: a name of each pair of contrast, by conversation. conflicts: those whose labels contradict each other.
    """

    contrasts: Mapping[str, str]
    conflicts: frozenset[str]

    @classmethod
    def of(cls, found: Iterable[Labelled]) -> LabelGroups:
        """Find them among all labelled requests."""
        contrasts: dict[str, str] = {}
        conflicts: set[str] = set()
        for change in label_changes(found):
            name = short_hash("contrast", *change.conversations)
            if change.becomes_clear:
                contrasts.update(dict.fromkeys(change.conversations, name))
            else:
                conflicts.update(change.conversations)
        return cls(contrasts, frozenset(conflicts))
