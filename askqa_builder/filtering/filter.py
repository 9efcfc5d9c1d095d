"""`filter`: write a smaller dataset with the rows that fulfil conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.annotation import without_figures
from askqa_builder.dataset.card import write_card
from askqa_builder.dataset.folder import DatasetFolder
from askqa_builder.dataset.manifest import (
    CARD_NAME,
    SHARED_STORIES_KEY,
    canonical_digest,
    read_rejected,
    shard_records,
    write_manifest,
    write_rejected,
)
from askqa_builder.dataset.reading import finished_manifest, reading_errors, row_groups
from askqa_builder.dataset.schema import FORMAT_VERSION
from askqa_builder.dataset.shard import ShardRecord, write_shard
from askqa_builder.dataset.statistics import Statistics, summarise
from askqa_builder.dataset.upgrade import check_rewritable, upgraded
from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError
from askqa_builder.files import keep_apart, storage_errors
from askqa_builder.filtering.conditions import Conditions, Judge, Verdict

Decisions = Iterator[Verdict | None]


@dataclass(frozen=True)
class FilterReport:
    """A filtered dataset. kept, of: its rows and those of the dataset it is made from. rejected: rows by reason."""

    dataset: Path
    kept: int
    of: int
    hours: float
    rejected: Mapping[str, int]
    already_complete: bool


class FilterFolder(DatasetFolder):
    """The folder of a filtered dataset."""

    making = "filter"


def filter_dataset(
    dataset: str | Path,
    out: str | Path,
    *,
    max_wer: float | None = None,
    max_wer_over_baseline: float | None = None,
    min_mos: float | None = None,
    where: str | None = None,
    overwrite: bool = False,
) -> FilterReport:
    """Write the rows of a finished dataset that fulfil all conditions to `out`, as a dataset of its own.

    Conditions: the fields of `Conditions`, at least one. What does not fulfil them is in `out/rejected.jsonl`, after
    what the build left out, with stage "filter". Rows are unchanged and in the same order, in shards of the same
    names; the same dataset and conditions give the same bytes. overwrite: discard another dataset in `out`.

    Raises UsageError (wrong usage, no such scores, another dataset in the way), StorageError, AskqaError (a damaged
    shard). After a kill the same call goes on.
    """
    conditions = Conditions(max_wer, max_wer_over_baseline, min_mos, where)
    source, out = Path(dataset), Path(out)
    manifest = finished_manifest(source)
    check_rewritable(manifest)
    keep_apart(source, out)
    judge = Judge(conditions, manifest)
    with FilterFolder(out, _identity(manifest, conditions), overwrite=overwrite) as folder:
        made = folder.finished_manifest()
        already_complete = made is not None
        with reading_errors(source):
            made = made or _make(source, manifest, judge, conditions, folder)
        statistics = _statistics(out, made)
        if not already_complete:
            made[SHARED_STORIES_KEY] = statistics.shared_stories.stories
        if not already_complete or not (out / CARD_NAME).exists():
            write_card(out, made, statistics)
        if not already_complete:
            write_manifest(out, made)  # last of all
        folder.finish()
    return FilterReport(
        dataset=out,
        kept=statistics.rows,
        of=sum(record.rows for record in shard_records(manifest)),
        hours=statistics.seconds / 3600,
        rejected=made["filters"][-1]["rejected"],
        already_complete=already_complete,
    )


def _make(
    source: Path, manifest: Mapping[str, Any], judge: Judge, conditions: Conditions, folder: DatasetFolder
) -> dict[str, Any]:
    """Write shards and rejects, and return the manifest."""
    entries = [_write(source, entry, manifest["sampling_rate"], judge, folder) for entry in manifest["shards"]]
    counts: Counter[str] = Counter()
    records = shard_records(manifest)
    rejects = _rejects(source, records, manifest["sampling_rate"], judge, counts)
    write_rejected(folder.out, chain(read_rejected(source), rejects))
    rejected = dict(sorted(counts.items()))
    return {
        **manifest,
        **without_figures(manifest),  # they are of rows that are no more
        "format_version": FORMAT_VERSION,
        **_identity(manifest, conditions),
        "shards": entries,
        "rejected": dict(sorted((Counter(manifest["rejected"]) + counts).items())),
        "filters": [
            *manifest.get("filters", []),
            {**conditions.to_json(), "of_config_digest": manifest["config_digest"], "rejected": rejected},
        ],
    }


def _write(
    source: Path, entry: Mapping[str, Any], sampling_rate: int, judge: Judge, folder: DatasetFolder
) -> dict[str, Any]:
    """Write the rows of one shard that are kept, unless it is there from an earlier run; return its entry."""
    file = entry["file"]
    record = folder.committed(file)
    if record is None:
        if sha256_of(source / file) != entry["sha256"]:
            raise AskqaError(f"{source / file} is not as it was written; build the dataset again to repair it")
        with storage_errors(f"write {file}"):
            (folder.out / file).parent.mkdir(parents=True, exist_ok=True)
        rows = _kept(source / file, sampling_rate, judge)
        record = write_shard(
            folder.out, file, rows, config=entry["config"], split=entry["split"], sampling_rate=sampling_rate
        )
        folder.commit(record)
    return {**entry, **record.to_json()}


def _kept(file: Path, sampling_rate: int, judge: Judge) -> Iterator[pa.RecordBatch]:
    for group in row_groups(file):
        rows = upgraded(group, sampling_rate)
        yield from rows.filter(pa.array([verdict is None for verdict in judge.judge(rows)], pa.bool_())).to_batches()


def _rejects(
    source: Path, records: Sequence[ShardRecord], sampling_rate: int, judge: Judge, counts: Counter[str]
) -> Iterator[Reject]:
    """Yield what is left out, and count it by reason; the audio is not read."""
    for record in records:
        index = 0
        for group in row_groups(source / record.file, judge.columns):
            for verdict in judge.judge(upgraded(group, sampling_rate)):
                if verdict is not None:
                    counts[verdict.reason] += 1
                    yield Reject(verdict.row_id, record.file, index, "filter", verdict.reason, verdict.detail)
                index += 1


def _identity(manifest: Mapping[str, Any], conditions: Conditions) -> dict[str, str]:
    """Name the filtered dataset by what it is made from and how."""
    made_from = {
        "format_version": FORMAT_VERSION,
        "shards": [record.sha256 for record in shard_records(manifest)],
        "conditions": conditions.to_json(),
        "voices": manifest.get("scoring", {}).get("voices"),
    }
    return {"config_digest": canonical_digest(made_from), "plan_digest": manifest["plan_digest"]}


def _statistics(out: Path, manifest: Mapping[str, Any]) -> Statistics:
    return summarise(out, [(record.config, record.split, record.file) for record in shard_records(manifest)])
