"""The plan: which conversations go to which shard and block, fixed before anything is spoken.

Sizes are estimated from words, so that neither the number of shards nor their borders depend on what the
engines later do; rejects leave a shard smaller, never another one larger.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import mean

from askqa_builder.build.recipe import Recipe
from askqa_builder.build.restored import RestoredConversation
from askqa_builder.corpus.conversation import Conversation, Stage, Turn
from askqa_builder.dataset.manifest import DATA_FOLDER, canonical_digest
from askqa_builder.recording.timeline import to_seconds
from askqa_builder.seeds import Stream
from askqa_builder.speech.paragraphs import count_paragraphs
from askqa_builder.voices.distributions import Distribution

SECONDS_A_BLOCK = 180.0
"""Most estimated speech in a block: long enough to keep an engine busy, short enough to redo and to hold.

At the end of a build the other workers wait for the last block: half of this each, on average."""

_BLOCKS_WANTED = 32
_SHORTEST_BLOCK_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
_PARAGRAPH_SECONDS = 0.6
"""By how much a pause between paragraphs is longer than that of a sentence, which words a minute include."""

_FLAC_WEIGHT = {"room": 1.05, "noise": 1.25, "telephone": 0.67}
"""What the parts of a channel do to the size of FLAC: noise is hard to foretell, a narrow band is easy."""


@dataclass(frozen=True)
class Take:
    """One conversation in one rendition: what is cast, spoken and rejected as a whole."""

    conversation: Conversation
    split: str
    rendition: int


@dataclass(frozen=True)
class Block:
    """The unit of work: consecutive takes that lie in the same shards.

    seconds: estimated length of the speech in them.
    """

    index: int
    takes: tuple[Take, ...]
    seconds: float


@dataclass(frozen=True)
class Shard:
    """The unit of commit: one Parquet file of one configuration, made of whole blocks.

    file: relative to the dataset. blocks: indices of its blocks, in order; they may be shared with shards of
    the other configuration.
    """

    stage: Stage
    split: str
    file: str
    blocks: range


@dataclass(frozen=True)
class Plan:
    """All blocks in order and all shards; digest: of which take goes to which block and shard."""

    blocks: tuple[Block, ...]
    shards: tuple[Shard, ...]
    digest: str

    @property
    def takes(self) -> Iterator[Take]:
        """All takes in plan order."""
        return (take for block in self.blocks for take in block.takes)


@dataclass(frozen=True)
class Size:
    """Estimated size of takes: rows and seconds recorded by stage, seconds spoken; of these, seconds of the story."""

    rows: dict[Stage, int]
    recorded: dict[Stage, float]
    spoken: float
    story: float


@dataclass(frozen=True)
class Unit:
    """Takes that no border divides: one, or all that share a narration. size: of all of them, speech once."""

    takes: tuple[Take, ...]
    size: Size

    @property
    def split(self) -> str:
        """The split in which all of them are."""
        return self.takes[0].split


def make_plan(
    conversations: Iterable[tuple[str, Conversation]], splits: Sequence[str], recipe: Recipe, shard_bytes: int
) -> Plan:
    """Lay out the conversations that give rows, given with their splits in the order of the sources.

    splits: those the dataset has, also where no conversation is left in one: its shard has no rows.
    """
    takes = [
        Take(conversation, split, rendition)
        for split, conversation in conversations
        if any(True for _ in conversation.points(recipe.stages))
        for rendition in range(recipe.renditions)
    ]
    return make_plan_of(takes, splits, recipe, shard_bytes)


def make_plan_of(takes: Sequence[Take], splits: Sequence[str], recipe: Recipe, shard_bytes: int) -> Plan:
    """Lay out takes that give rows, split by split, as `make_plan` does."""
    units = _units(takes, recipe)
    seconds_a_block = _seconds_a_block(sum(unit.size.spoken for unit in units))
    borders = {stage: _shard_borders(units, stage, recipe, shard_bytes) for stage in recipe.stages}
    cuts = set().union(*borders.values())
    blocks = tuple(_blocks(units, cuts, seconds_a_block))
    shards = tuple(
        shard
        for stage in recipe.stages
        for split in splits
        # a configuration without rows has no files, but a dataset has some
        if stage is recipe.stages[0] or any(unit.size.rows[stage] for unit in units if unit.split == split)
        for shard in _shards(stage, split, blocks, borders[stage])
    )
    digest = canonical_digest(
        {
            "blocks": [[[take.conversation.id, take.rendition] for take in block.takes] for block in blocks],
            "shards": [[shard.file, list(shard.blocks)] for shard in shards],
        }
    )
    return Plan(blocks, shards, digest)


def estimate(conversation: Conversation, recipe: Recipe) -> Size:
    """Estimate a take's size from its words, at each role's nominal speaking rate."""

    def seconds(turn: Turn) -> float:
        role, text = turn.role, turn.text
        slowness = _mean_slowness(recipe.profiles.profiles.roles[role].rate) * _slowness_of_styles(turn, recipe)
        words = len(text.split()) * 60 / recipe.engine_of(role).pace.words_per_minute
        return (words + (count_paragraphs(text) - 1) * _PARAGRAPH_SECONDS) * slowness + _PAUSE_SECONDS

    if isinstance(conversation, RestoredConversation):
        return _known_size(conversation, recipe)
    rows = dict.fromkeys(Stage, 0)
    recorded = dict.fromkeys(Stage, 0.0)
    spoken: dict[tuple[int, str], float] = {}
    for point in conversation.points(recipe.stages):
        lengths = {(i, turn.text): seconds(turn) for i, turn in enumerate(point.turns)}
        spoken.update(lengths)
        rows[point.stage] += 1
        recorded[point.stage] += sum(lengths.values()) + _PAUSE_SECONDS
    story = spoken.get((0, conversation.story), 0.0)
    return Size(rows, recorded, sum(spoken.values()), story)


def _known_size(conversation: RestoredConversation, recipe: Recipe) -> Size:
    """Take the old recordings for what the new ones will be."""
    rows = dict.fromkeys(Stage, 0)
    recorded = dict.fromkeys(Stage, 0.0)
    spoken: dict[tuple[int, str], float] = {}
    for point in conversation.points(recipe.stages):
        row = conversation.old_row(point)
        rows[point.stage] += 1
        recorded[point.stage] += to_seconds(row.length, recipe.sample_rate)
        for i, turn in enumerate(point.turns):
            spoken[i, turn.text] = to_seconds(row.ends[i] - row.starts[i], recipe.sample_rate)
    return Size(rows, recorded, sum(spoken.values()), spoken.get((0, conversation.story), 0.0))


def estimated_bytes(seconds: float, recipe: Recipe) -> float:
    """Return the bytes that so many seconds of recording take in the build's format."""
    channel = recipe.profiles.profiles.channel
    weight = 1.0
    if channel is not None and recipe.audio_format.name == "flac":
        weight = math.prod(_FLAC_WEIGHT[kind] for kind in channel.kinds)
    return seconds * recipe.sample_rate * recipe.audio_format.bytes_per_sample * weight


@lru_cache(maxsize=64)
def _mean_slowness(rate: Distribution) -> float:
    """Return the mean of 1 / rate, over a fixed sample."""
    stream = Stream("mean slowness")
    return round(mean(1 / max(rate.sample(stream), 0.1) for _ in range(200)), 6)


def _slowness_of_styles(turn: Turn, recipe: Recipe) -> float:
    """Return the mean of 1 / rate over the styles that a turn may have."""
    profiles = recipe.profiles.profiles
    weights = profiles.roles[turn.role].styles.get(turn.act)
    if profiles.styles is None or weights is None:
        return 1.0
    known = profiles.styles.known
    return sum(weight / known[name].rate for name, weight in weights.items()) / sum(weights.values())


def _seconds_a_block(total: float) -> float:
    """Cut small builds finer, so that all workers have something to do; never by the number of workers.

    A build may be resumed with other workers, and finds its finished blocks again.
    """
    return min(max(total / _BLOCKS_WANTED, _SHORTEST_BLOCK_SECONDS), SECONDS_A_BLOCK)


def _units(takes: Sequence[Take], recipe: Recipe) -> list[Unit]:
    """Return the takes in the order of the plan: as they come, or those of one story and rendition together.

    The latter stand where the first of them stood.
    """
    if not recipe.share_narration:
        return [Unit((take,), estimate(take.conversation, recipe)) for take in takes]
    together: dict[tuple[str, str, int], list[Take]] = {}
    for take in takes:
        together.setdefault((take.split, take.conversation.story_id, take.rendition), []).append(take)
    return [
        Unit(tuple(group), _size_together([estimate(take.conversation, recipe) for take in group]))
        for group in together.values()
    ]


def _size_together(sizes: Sequence[Size]) -> Size:
    """Add up the sizes of takes whose story is narrated once."""
    return Size(
        rows={stage: sum(size.rows[stage] for size in sizes) for stage in Stage},
        recorded={stage: sum(size.recorded[stage] for size in sizes) for stage in Stage},
        spoken=sum(size.spoken - size.story for size in sizes) + max(size.story for size in sizes),
        story=max(size.story for size in sizes),
    )


def _shard_borders(units: Sequence[Unit], stage: Stage, recipe: Recipe, shard_bytes: int) -> set[int]:
    """Return the indices of the takes that begin a shard of this stage."""
    borders = set()
    filled = 0.0
    split = None
    first_take = 0
    for unit in units:
        needed = estimated_bytes(unit.size.recorded[stage], recipe)
        # whichever is nearer to the target: with this unit or without it
        full = filled > 0 and filled + needed / 2 > shard_bytes
        if unit.split != split or (needed and full):
            borders.add(first_take)
            filled, split = 0.0, unit.split
        filled += needed
        first_take += len(unit.takes)
    return borders


def _blocks(units: Sequence[Unit], cuts: set[int], longest: float) -> Iterator[Block]:
    waiting: list[Take] = []
    seconds = 0.0
    index = 0
    first_take = 0
    for unit in units:
        if waiting and (first_take in cuts or seconds + unit.size.spoken > longest):
            yield Block(index, tuple(waiting), seconds)
            waiting, seconds, index = [], 0.0, index + 1
        waiting += unit.takes
        seconds += unit.size.spoken
        first_take += len(unit.takes)
    if waiting:
        yield Block(index, tuple(waiting), seconds)


def _shards(stage: Stage, split: str, blocks: Sequence[Block], borders: set[int]) -> list[Shard]:
    """Return the shards of one configuration and split."""
    groups: list[list[int]] = []
    first_take = 0
    for block in blocks:
        if block.takes[0].split == split:
            if first_take in borders:
                groups.append([])
            groups[-1].append(block.index)
        first_take += len(block.takes)
    ranges = [range(group[0], group[-1] + 1) for group in groups] or [range(0)]
    return [
        Shard(stage, split, f"{DATA_FOLDER}/{stage.value}/{split}-{i:05d}-of-{len(ranges):05d}.parquet", blocks)
        for i, blocks in enumerate(ranges)
    ]
