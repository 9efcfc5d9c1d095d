"""From a settled job to a finished dataset, resumable at any moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from askqa_builder.build.commit import Committer
from askqa_builder.build.executors import choose_executor
from askqa_builder.build.folder import BuildFolder, OnCommit
from askqa_builder.build.job import Job
from askqa_builder.build.plan import Block, Shard
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.report import BuildReport, describe_voices, reasons
from askqa_builder.build.spool import BlockOutcome
from askqa_builder.build.steps import in_take_order, row_id
from askqa_builder.corpus.conversation import Stage
from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.card import write_card
from askqa_builder.dataset.manifest import CARD_NAME, SHARED_STORIES_KEY, shard_records, write_manifest, write_rejected
from askqa_builder.dataset.schema import FORMAT_VERSION
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.statistics import Statistics, summarise
from askqa_builder.errors import StorageError
from askqa_builder.progress import Progress, Silent, Totals
from askqa_builder.speech.utterance_cache import UtteranceCache


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
                for outcome in choose_executor(job, folder.spool, len(missing)).run(missing):
                    block = job.plan.blocks[outcome.index]
                    progress.advance(len(block.takes), block.seconds, outcome.recorded)
                    committer.add([outcome])
    finally:
        progress.stop()


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
        "rejected": reasons(rejects),
    }


def _all_rejects(job: Job, folder: BuildFolder) -> list[Reject]:
    """Return what was left out on reading and on speaking, in plan order."""
    outcomes = (folder.spool.outcome(block.index) for block in job.plan.blocks)
    spoken = [reject for outcome in outcomes if outcome is not None for reject in outcome.rejects]
    files = {name: i for i, name in enumerate(job.files)}
    return sorted([*job.unread, *spoken], key=lambda reject: (files[reject.file], reject.index or 0))


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
