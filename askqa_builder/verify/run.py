"""`verify`: everything that can be wrong with a finished dataset, in two passes over it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.errors import UsageError
from askqa_builder.machine import checked_workers, usable_cores
from askqa_builder.recording.encode import FORMATS
from askqa_builder.verify.files import check_bytes, check_figures, check_manifest, check_rejects, check_schema
from askqa_builder.verify.findings import Finding, VerifyReport
from askqa_builder.verify.manifest import checked_manifest
from askqa_builder.verify.outliers import find_outliers
from askqa_builder.verify.register import Register
from askqa_builder.verify.shard_pass import RowGroup, check_row_group
from askqa_builder.verify.source import SourceCheck
from askqa_builder.verify.structure import Expected
from askqa_builder.verify.workers import Workers

UNREADABLE = frozenset({"missing_file", "hash", "unreadable", "schema"})
"""Findings after which a shard's text is not looked at again."""


def verify(
    dataset: str | Path,
    *,
    source: str | Path | None = None,
    coqa: str | Path | None = None,
    thorough: bool = False,
    workers: int | None = None,
) -> VerifyReport:
    """Check a dataset: its files, its rows, their recordings, and the speech against what was asked for.

    source: the corpus it was made from, to check texts, labels and responses too. coqa: CoQA, where the build took
    history from it. thorough: measure F0 over all of a turn instead of its first seconds, and anew what rows say was
    measured of turns. workers: processes; None for one per core.

    What is wrong with the dataset is in the report. Raises UsageError where there is no dataset to check, its manifest
    is not of the form it must have, the corpus cannot be read, or `workers` is no count.
    """
    checked_workers(workers)
    dataset = Path(dataset)
    manifest = checked_manifest(dataset)
    report = VerifyReport(dataset, thorough)
    report.add(check_manifest(dataset, manifest))
    miscounted, rejects = check_rejects(dataset, manifest)
    report.add(miscounted)
    corpus = _source_check(source, coqa, manifest)
    with tempfile.TemporaryDirectory(prefix="askqa-verify-") as folder, Register(Path(folder) / "register") as register:
        with Workers(workers or usable_cores()) as pool:
            intact = _check_shards(dataset, manifest, thorough, pool, register, report)
        report.add(find_outliers(register))
        if len(intact) == len(manifest["shards"]) and not report.counts["value"]:  # figures need values
            report.add(check_figures(dataset, manifest))
        if corpus is not None:
            report.add(corpus.check_files())
            for record in intact:
                report.add(corpus.check_shard(dataset, record))
            if rejects is not None:  # nobody knows otherwise which rows are missing
                report.add(corpus.missing_rows(rejects, register))
    return report


def _source_check(
    source: str | Path | None, coqa: str | Path | None, manifest: Mapping[str, Any]
) -> SourceCheck | None:
    if source is None:
        if coqa is not None:
            raise UsageError("coqa: there is nothing to compare without the corpus; give --source too")
        return None
    return SourceCheck(Path(source), manifest, None if coqa is None else Path(coqa))


def _check_shards(
    dataset: Path, manifest: Mapping[str, Any], thorough: bool, pool: Workers, register: Register, report: VerifyReport
) -> list[ShardRecord]:
    """Read all shards, and fill the register and the report; returns the shards that are as they were written."""
    intact: list[ShardRecord] = []
    groups: list[RowGroup] = []
    records = shard_records(manifest)
    for record, findings in zip(records, pool.map(check_bytes, [(dataset, record) for record in records]), strict=True):
        damage = findings if isinstance(findings, list) else [_crash(record.file, findings)]
        count = 0
        if (dataset / record.file).is_file():
            wrong, count = check_schema(dataset, record, manifest["format_version"])
            damage += wrong
        report.add(damage)
        if not any(finding.check in UNREADABLE for finding in damage):
            intact.append(record)
        if manifest["audio_format"] not in FORMATS:  # `check_manifest` says so; no row can be held against it
            continue
        expected = Expected(
            record.config,
            manifest["sampling_rate"],
            manifest["audio_format"],
            manifest["renditions"],
            {key: manifest["profiles"].get(key, {}) for key in ("roles", "styles")},
        )
        groups += [RowGroup(dataset, record.file, number, expected, thorough) for number in range(count)]
    for group, result in zip(groups, pool.map(check_row_group, [(group,) for group in groups]), strict=True):
        if isinstance(result, str):
            report.add([_crash(group.file, result)])
            continue
        report.rows += result.rows
        report.seconds += result.seconds
        report.add(result.findings)
        for facts in result.facts:
            report.turns += len(facts.turns)
            report.add(register.add(facts))
    return intact


def _crash(file: str, happened: str) -> Finding:
    measured = f"while it was read, {happened}: it is damaged, or too large for the machine's memory"
    return Finding("unreadable", file, None, None, measured, "readable Parquet")
