"""`build`: from a corpus to a finished dataset, resumable at any moment."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from askqa_builder.build.commit import Committer
from askqa_builder.build.folder import BuildFolder, OnCommit
from askqa_builder.build.local_executor import LocalExecutor
from askqa_builder.build.options import NO_CACHE, RAY, BuildOptions
from askqa_builder.build.plan import Block, Plan, Shard, Take, estimate, estimated_bytes, make_plan
from askqa_builder.build.recipe import (
    Recipe,
    config_digest,
    describe_recipe,
    describe_sources,
    library_versions,
    make_recipe,
    open_engines,
    selection,
)
from askqa_builder.build.report import BuildReport, Estimate
from askqa_builder.build.speaker_executor import SpeakerExecutor
from askqa_builder.build.spool import BlockOutcome, Spool
from askqa_builder.build.steps import finish_block, in_take_order, plan_block, row_id, speak_block
from askqa_builder.corpus.conversation import Stage
from askqa_builder.corpus.published import local_source
from askqa_builder.corpus.reading_choice import make_reading
from askqa_builder.corpus.rejects import Reject
from askqa_builder.corpus.selection import read_corpus
from askqa_builder.corpus.sources import find_sources
from askqa_builder.dataset.card import write_card
from askqa_builder.dataset.manifest import CARD_NAME, SHARED_STORIES_KEY, shard_records, write_manifest, write_rejected
from askqa_builder.dataset.schema import FORMAT_VERSION
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.statistics import Statistics, summarise
from askqa_builder.errors import StorageError, UsageError
from askqa_builder.progress import Progress, Silent, Totals
from askqa_builder.speech.utterance_cache import UtteranceCache

_TAKES_TIMED = 9
_MOST_SECONDS_TIMING = 8.0
"""What a dry run speaks to estimate a build's time, at most."""


class Executor(Protocol):
    """Runs the blocks of a build somewhere."""

    def run(self, blocks: Iterable[Block]) -> Iterator[BlockOutcome]:
        """Run the blocks and yield their outcomes as they finish, in any order."""


@dataclass(frozen=True, eq=False)
class Job:
    """A build with everything settled that is settled before speaking.

    about: what the manifest says of where the text comes from and how it is spoken. files: those that rejects name, in
    the order of the plan. unread: what was rejected on reading.
    """

    options: BuildOptions
    recipe: Recipe
    about: Mapping[str, Any]
    files: Sequence[str]
    config_digest: str
    plan: Plan
    unread: tuple[Reject, ...]

    @property
    def identity(self) -> dict[str, str]:
        """What makes this build the same as another one: settings and sources, and what goes to which file."""
        return {"config_digest": self.config_digest, "plan_digest": self.plan.digest}


def build(source: str | Path, out: str | Path, *, progress: Progress | None = None, **options: Any) -> BuildReport:
    """Build a spoken dataset from text.

    source: a file of a corpus such as Abg-CoQA, or a folder of them (`docs/sources.md` lists the formats), or the name
    of a corpus to download ("abg-coqa"). out: folder for the dataset; an unfinished build of the same settings there is
    resumed. options: the fields of `BuildOptions`.

    Raises UsageError (wrong usage, unreadable input, another dataset in the way) and StorageError (full disk);
    after the latter, or after a kill, the same call goes on where it stopped.
    """
    return carry_out(prepare_build(source, out, **options), Path(out), progress=progress)


def prepare_build(source: str | Path, out: str | Path, **options: Any) -> Job:
    """Settle what `build` would do, for `carry_out`. Raises UsageError."""
    _keep_apart(Path(source), Path(out))
    return prepare(Path(source), BuildOptions(**options))


def carry_out(
    job: Job, out: Path, *, progress: Progress | None = None, on_commit: OnCommit | None = None
) -> BuildReport:
    """Build a dataset whose job is settled. on_commit: is told of each shard once it is in place, in this thread.

    Raises as `build` does.
    """
    with BuildFolder(out, job.identity, overwrite=job.options.overwrite, on_commit=on_commit) as folder:
        manifest = folder.finished_manifest()
        already_complete = manifest is not None
        if manifest is None:
            _make_shards(job, folder, progress or Silent())
            if job.recipe.cache is not None:
                UtteranceCache(job.recipe.cache).trim()
            rejects = _all_rejects(job, folder)
            manifest = _describe(job, folder, rejects)
            write_rejected(folder.out, rejects)
        statistics = _statistics(folder.out, manifest)
        if not already_complete:
            manifest[SHARED_STORIES_KEY] = statistics.shared_stories.stories
        if not already_complete or not (folder.out / CARD_NAME).exists():
            write_card(folder.out, manifest, statistics)
        if not already_complete:
            write_manifest(folder.out, manifest)  # last of all
        folder.finish()
    return _report(folder.out, manifest, statistics, already_complete)


def estimate_build(source: str | Path, **options: Any) -> Estimate:
    """Say what a build would do, without writing anything; a few conversations are spoken to time it.

    Raises UsageError as `build` does.
    """
    job = prepare(Path(source), BuildOptions(**{**options, "cache": NO_CACHE}))  # it would make the folder
    recipe = job.recipe
    sizes = [estimate(take.conversation, recipe) for take in job.plan.takes]
    recorded = sum(sum(size.recorded.values()) for size in sizes)
    return Estimate(
        conversations=len(sizes),
        rows={stage.value: sum(size.rows[stage] for size in sizes) for stage in recipe.stages},
        hours=recorded / 3600,
        size=round(estimated_bytes(recorded, recipe)),
        seconds=_estimated_seconds(job),
        workers=job.options.worker_count,
        shards=len(job.plan.shards),
        rejected=_reasons(job.unread),
        gate=None if recipe.listening is None else recipe.listening.info.name,
        voices=describe_voices(describe_recipe(recipe)),
    )


def prepare(source: Path, options: BuildOptions) -> Job:
    """Settle engines and voices, read the corpus, make the plan. Raises UsageError."""
    grouping = options.grouping
    split_of_files = options.split if grouping is None else None
    source = local_source(source, split_of_files)  # before engines are loaded, or a model downloaded
    recipe = make_recipe(options)
    sources = find_sources(source, split_of_files)
    reading = make_reading(sources, options.turns, None if options.coqa is None else Path(options.coqa))
    corpus = read_corpus(
        sources,
        limit=options.limit,
        domains=options.domains,
        redistributable=options.redistributable,
        grouping=grouping,
        reading=reading,
    )
    splits = list(dict.fromkeys(file.split for file in sources)) if grouping is None else grouping.splits
    plan = make_plan(corpus.conversations, splits, recipe, options.shard_bytes)
    if corpus.conversations and not plan.blocks:
        raise UsageError("no conversation of the sources has clarifications, so clarified has no rows; build initial")
    about = {
        "sources": describe_sources(sources, reading),
        "selection": selection(options, reading),
        **describe_recipe(recipe),
        "libraries": library_versions(recipe),
    }
    files = [file.name for file in sources]
    digest = config_digest(recipe, options, sources, reading)
    return Job(options, recipe, about, files, digest, plan, corpus.rejects)


def _keep_apart(source: Path, out: Path) -> None:
    """Refuse to write a dataset into the folder that the corpus is read from."""
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise UsageError(f"{out} lies in the source folder {source}; choose a folder elsewhere")


def describe_voices(manifest: Mapping[str, Any]) -> str:
    """Name engine and voices in a few words, so that nobody mistakes a demo for the real thing."""
    profiles = manifest["profiles"]
    engines = ", ".join(f"{engine['name']} {engine['version']}" for engine in manifest["engines"])
    entries = [entry for role in profiles["roles"].values() for entry in role["voices"]]
    names = sorted({entry["speaker"] if isinstance(entry, dict) else entry for entry in entries})
    shown = f"voices {', '.join(names)}" if len(names) <= 6 else f"{len(names)} voices to draw from"
    demo = " (demo voices)" if profiles["demo"] else ""
    channel = f", channel: {' + '.join(profiles['channel'])}" if "channel" in profiles else ""
    return f"{engines}, {shown}{demo}{channel}"


def _make_shards(job: Job, folder: BuildFolder, progress: Progress) -> None:
    """Run the blocks that are missing, and fill the shards with them as they come."""
    committed = {shard.file: folder.committed(shard.file) for shard in job.plan.shards}
    for record in committed.values():
        if record is not None:
            folder.tell(record)
    pending = [shard for shard in job.plan.shards if committed[shard.file] is None]
    finished = _finished_blocks(job, folder, pending)
    missing = [block for block in job.plan.blocks if block.index not in finished]
    _start(progress, job.plan.blocks, finished)
    try:
        with Committer(folder, pending, job.recipe.sample_rate) as committer:
            committer.add(finished.values())
            if missing:
                for outcome in _executor(job, folder.spool, len(missing)).run(missing):
                    block = job.plan.blocks[outcome.index]
                    progress.advance(len(block.takes), block.seconds, outcome.recorded)
                    committer.add([outcome])
    finally:
        progress.stop()


def _executor(job: Job, spool: Spool, blocks: int) -> Executor:
    """Choose where the steps run: all in the workers, or speaking apart, on a device or through a server."""
    if job.options.executor == RAY:
        return _ray_executor(job, spool, blocks)
    workers = min(job.options.worker_count, blocks)
    return (SpeakerExecutor if _speaks_apart(job.recipe) else LocalExecutor)(job.recipe, spool, workers)


def _ray_executor(job: Job, spool: Spool, blocks: int) -> Executor:
    from askqa_builder.build.on_ray.executor import RayExecutor
    from askqa_builder.build.on_ray.speaker_executor import RaySpeakerExecutor

    kind = RaySpeakerExecutor if _speaks_apart(job.recipe) else RayExecutor
    return kind(job.recipe, spool, job.options.workers, blocks, job.options.ray_address)


def _speaks_apart(recipe: Recipe) -> bool:
    return any(info.pace.apart for info in recipe.engines.values())


def _finished_blocks(job: Job, folder: BuildFolder, pending: Sequence[Shard]) -> dict[int, BlockOutcome]:
    """Return what an earlier run finished: blocks whose rows are committed, or wait intact in the spool.

    Where a finished dataset is mended, blocks without a part in what is missing are not spoken again.
    """
    needed: dict[int, list[Stage]] = {}
    for shard in pending:
        for index in shard.blocks:
            needed.setdefault(index, []).append(shard.stage)
    rejects = folder.known_rejects()
    found = {}
    for block in job.plan.blocks:
        outcome = folder.spool.outcome(block.index)
        if outcome is None and rejects is not None and block.index not in needed:
            told = [reject for identifier in _row_ids(block, job.recipe) for reject in rejects.get(identifier, [])]
            outcome = folder.spool.write(block.index, {}, in_take_order(block, told))
        if outcome is not None and folder.spool.is_intact(outcome, needed.get(block.index, [])):
            found[block.index] = outcome
    return found


def _row_ids(block: Block, recipe: Recipe) -> Iterator[str]:
    """Yield every id that a reject of the block can have: of its takes and of their rows."""
    for take in block.takes:
        yield row_id(take, "")
        for point in take.conversation.points(recipe.stages):
            yield row_id(take, point.suffix)


def _start(progress: Progress, blocks: Sequence[Block], outcomes: Mapping[int, BlockOutcome]) -> None:
    done = [block for block in blocks if block.index in outcomes]
    progress.start(_totals(blocks), _totals(done))


def _totals(blocks: Iterable[Block]) -> Totals:
    blocks = list(blocks)
    return Totals(sum(len(block.takes) for block in blocks), sum(block.seconds for block in blocks))


def _describe(job: Job, folder: BuildFolder, rejects: Sequence[Reject]) -> dict[str, Any]:
    """Return the manifest of a build whose shards are all in place."""
    shards = []
    for shard in job.plan.shards:
        record = folder.committed(shard.file)
        if record is None:
            raise StorageError(f"{shard.file} is gone, though it was written; run the same command again")
        shards.append(record.to_json())
    return {
        "format_version": FORMAT_VERSION,
        **job.identity,
        **job.about,
        "shards": shards,
        "rejected": _reasons(rejects),
    }


def _all_rejects(job: Job, folder: BuildFolder) -> list[Reject]:
    """Return what was left out on reading and on speaking, in plan order."""
    outcomes = (folder.spool.outcome(block.index) for block in job.plan.blocks)
    spoken = [reject for outcome in outcomes if outcome is not None for reject in outcome.rejects]
    files = {name: i for i, name in enumerate(job.files)}
    return sorted([*job.unread, *spoken], key=lambda reject: (files[reject.file], reject.index or 0))


def _reasons(rejects: Iterable[Reject]) -> dict[str, int]:
    return dict(sorted(Counter(reject.reason for reject in rejects).items()))


def _statistics(out: Path, manifest: Mapping[str, Any]) -> Statistics:
    records: list[ShardRecord] = shard_records(manifest)
    return summarise(out, [(record.config, record.split, record.file) for record in records])


def _report(out: Path, manifest: Mapping[str, Any], statistics: Statistics, already_complete: bool) -> BuildReport:
    rows: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for (config, _), part in statistics.parts.items():
        rows[config] = rows.get(config, 0) + part.rows
        seconds[config] = seconds.get(config, 0.0) + part.seconds
    return BuildReport(
        dataset=out,
        rows=rows,
        hours={config: total / 3600 for config, total in seconds.items()},
        rejected=manifest["rejected"],
        voices=describe_voices(manifest),
        already_complete=already_complete,
    )


def _estimated_seconds(job: Job) -> float:
    """Time a few conversations of all lengths through all three steps, and scale by the seconds to be spoken.

    One is not enough: a voice may be ten times faster than the next.
    """
    seconds = {take: estimate(take.conversation, job.recipe).spoken for take in job.plan.takes}
    takes = sorted((take for take in seconds if seconds[take]), key=lambda take: seconds[take])
    speaking = working = timed = 0.0
    with open_engines(job.recipe.profiles.profiles, job.recipe.devices[0]) as engines:
        for place, take in enumerate(_spread(takes)):
            begun = time.perf_counter()
            planned, _ = plan_block(Block(0, (take,), 0.0), job.recipe)
            planned_at = time.perf_counter()
            spoken = speak_block(planned, engines)
            spoken_at = time.perf_counter()
            finish_block(planned, spoken, job.recipe)
            if place:  # the first includes what is loaded once
                speaking += spoken_at - planned_at
                working += time.perf_counter() - spoken_at + planned_at - begun
                timed += seconds[take]
            if speaking + working > _MOST_SECONDS_TIMING:
                break
    workers = min(job.options.worker_count, max(len(takes), 1))
    scale = sum(seconds.values()) / max(timed, 1.0)
    if _speaks_apart(job.recipe):  # both at the same time; the slower of them decides
        return scale * max(speaking / len(job.recipe.devices), working / workers)
    return scale * (speaking + working) / workers


def _spread(takes: Sequence[Take]) -> Iterator[Take]:
    """Yield the shortest take, then up to _TAKES_TIMED in even steps through all."""
    yield from takes[:1]
    count = min(len(takes), _TAKES_TIMED)
    yield from (takes[(2 * i + 1) * len(takes) // (2 * count)] for i in range(count))
