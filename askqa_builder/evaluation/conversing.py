"""The dialogues of a run: those that are missing, several at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from askqa_builder.dataset.reading import row_groups
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.source import Source
from askqa_builder.evaluation.dialogue import Row, Scene, trajectories
from askqa_builder.evaluation.growing_file import GrowingFile
from askqa_builder.evaluation.hopeless import FirstRequests
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.threads import in_threads
from askqa_builder.evaluation.trajectory import Trajectory


def still_wanted(items: Sequence[Item], done: Mapping[str, Trajectory], kept: Path | None) -> list[Item]:
    """Return the items of which a trajectory is missing, or has failed.

    kept: the folder in which each of their recordings must be; None where none is kept.
    """
    return [
        item
        for item in items
        if not all(_is_done(done.get(item.trajectory_id(intent)), kept) for intent in item.intents)
    ]


def _is_done(found: Trajectory | None, kept: Path | None) -> bool:
    if found is None or found.ending == "failed":
        return False
    return kept is None or all(one.recording and (kept / one.recording).is_file() for one in found.rounds)


def rows_of(
    source: Source, shards: Sequence[ShardRecord], items: Sequence[Item], *, sound: bool
) -> Iterator[tuple[Item, Row]]:
    """Yield items with their rows. sound: with their audio; shards without any of the items are not read."""
    wanted = {item.row_id: item for item in items}
    for shard in shards:
        if not _holds_any(source, shard, wanted):
            continue
        for row in source.whole(shard) if sound else source.texts(shard):
            item = wanted.get(row["id"])
            if item is not None:
                yield item, row


def converse(
    scene: Scene,
    pairs: Iterable[tuple[Item, Row]],
    journal: GrowingFile[Trajectory],
    *,
    max_rounds: int,
    threads: int,
) -> Iterator[list[Trajectory]]:
    """Hold the dialogues of items, several at once; yield an item's trajectories as they end, when they are kept.

    Raises AskqaError where the first items all fail (`FirstRequests`), beside what the scene does.
    """
    first = FirstRequests()

    def hold(pair: tuple[Item, Row]) -> list[Trajectory]:
        item, row = pair
        return list(trajectories(scene, item, row, max_rounds))

    for held in in_threads(hold, pairs, threads):
        for one in held:
            journal.append(one.to_json())
        yield held
        first.note(held[0].failure if all(one.ending == "failed" for one in held) else None)


def tokens_of(held: Sequence[Trajectory]) -> int:
    """Return how many tokens an item's trajectories took, as far as the model tells; the first response counts once."""
    rounds = [*held[0].rounds[:1], *(one for trajectory in held for one in trajectory.rounds[1:])]
    return sum((one.prompt_tokens or 0) + (one.completion_tokens or 0) for one in rounds)


def _holds_any(source: Source, shard: ShardRecord, wanted: Collection[str]) -> bool:
    groups = row_groups(source.folder / shard.file, ["id"])
    return any(one in wanted for group in groups for one in group.column("id").to_pylist())
