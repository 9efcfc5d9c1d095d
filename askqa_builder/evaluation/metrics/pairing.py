"""Two runs side by side: which item of the one is which of the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.item_table import Unit
from askqa_builder.evaluation.metrics.trajectory_scores import TrajectoryScores

Pairing = Literal["rows", "conversations"]
"""rows: of one dataset, which two models heard. conversations: of two datasets with the same conversations in other
voices, as `askqa regenerate` makes them, which one model heard."""


@dataclass(frozen=True)
class Pairs:
    """Items of two runs that are the same request, with the trajectories that have scores in both.

    first, second: as long as each other, place by place. only_first, only_second: items that are left out, as the other
    run has no scores of them. unlike: items left out, as texts, labels or references differ. trajectories: pairs.
    unpaired_trajectories: of items that are paired, those with scores in one run only.
    """

    first: tuple[Unit, ...]
    second: tuple[Unit, ...]
    only_first: int
    only_second: int
    unlike: int
    trajectories: int
    unpaired_trajectories: int


def pairing_of(first: Sequence[Item], second: Sequence[Item]) -> Pairing:
    """Return by what two runs are to be paired: by rows if all that they share are the same recordings, and any."""
    recordings = {item.row_id: item.pcm_sha256 for item in first}
    shared = [(recordings[item.row_id], item.pcm_sha256) for item in second if item.row_id in recordings]
    return "rows" if shared and all(one == other for one, other in shared) else "conversations"


def pair(first: Sequence[Unit], second: Sequence[Unit], pairing: Pairing) -> Pairs:
    """Pair two runs' items.

    By conversations, each item of the second run goes with the first run's item of the same rendition of its
    conversation, or with its first rendition where there is no such: one item of the first run may be met several
    times, and clusters by story take care of that.
    """
    found: list[tuple[Unit, Unit]] = []
    only_second = unlike = unpaired = 0
    met = set()
    for unit, partner in _partners(first, second, pairing):
        if partner is None:
            only_second += 1
            continue
        met.add(partner[0].row_id)
        if _request(unit[0]) != _request(partner[0]):
            unlike += 1
            continue
        shared = list(_shared(partner[1], unit[1]))
        unpaired += len(partner[1]) + len(unit[1]) - 2 * len(shared)
        if shared:
            as_heard = replace(partner[0], rendition=unit[0].rendition)  # by which contrast pairs are told apart
            found.append(((as_heard, [one for one, _ in shared]), (unit[0], [other for _, other in shared])))
        else:
            only_second += 1
    return Pairs(
        first=tuple(one for one, _ in found),
        second=tuple(other for _, other in found),
        only_first=sum(item.row_id not in met for item, _ in first),
        only_second=only_second,
        unlike=unlike,
        trajectories=sum(len(group) for (_, group), _ in found),
        unpaired_trajectories=unpaired,
    )


def _partners(first: Sequence[Unit], second: Sequence[Unit], pairing: Pairing) -> Iterator[tuple[Unit, Unit | None]]:
    """Yield each unit of the second run with its partner."""
    if pairing == "rows":
        rows = {item.row_id: (item, group) for item, group in first}
        for unit in second:
            yield unit, rows.get(unit[0].row_id)
        return
    renditions: dict[str, dict[int, Unit]] = defaultdict(dict)
    for unit in sorted(first, key=lambda unit: unit[0].rendition):
        renditions[unit[0].conversation_id].setdefault(unit[0].rendition, unit)
    for unit in second:
        there = renditions.get(unit[0].conversation_id, {})
        yield unit, there.get(unit[0].rendition, next(iter(there.values()), None))


def _request(item: Item) -> tuple[object, ...]:
    """Return what must be alike in both runs; weights and references as well."""
    return item.story_id, item.history, item.question, item.gold, item.clarifying_questions, item.intents


def _shared(
    first: Sequence[TrajectoryScores], second: Sequence[TrajectoryScores]
) -> Iterator[tuple[TrajectoryScores, TrajectoryScores]]:
    """Yield the trajectories of the same intent; a level that has no score in one has none in the other."""
    others = {one.of.intent.branch: one for one in second}
    for one in first:
        other = others.get(one.of.intent.branch)
        if other is not None:
            yield _where(one, other), _where(other, one)


def _where(scores: TrajectoryScores, other: TrajectoryScores) -> TrajectoryScores:
    return replace(
        scores,
        turn=None if other.turn is None else scores.turn,
        final=None if other.final is None else scores.final,
    )
