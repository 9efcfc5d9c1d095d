"""The files of a dataset against its manifest: shards, their schema and bytes, the card, what was rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.card import render_card
from askqa_builder.dataset.manifest import (
    CARD_NAME,
    DATA_FOLDER,
    DIGEST_KEY,
    MANIFEST_NAME,
    REJECTED_NAME,
    SHARED_STORIES_KEY,
    read_rejected,
    shard_records,
    was_edited,
)
from askqa_builder.dataset.schema import COLUMNS, FORMAT_VERSION
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.statistics import Statistics, summarise
from askqa_builder.digests import sha256_of
from askqa_builder.errors import UsageError
from askqa_builder.output_folder import STATE_FOLDER
from askqa_builder.recording.encode import FORMATS
from askqa_builder.verify.findings import Finding

_NUMBER_COLUMNS = 5
_ABSENT = "no "


def check_manifest(dataset: Path, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with the manifest itself, and what lies beside it."""

    def fault(measured: str, wanted: str) -> Finding:
        return Finding("manifest", MANIFEST_NAME, None, None, measured, wanted)

    if was_edited(dataset):
        yield fault("changed since it was written", f"the content of which {DIGEST_KEY} is the digest")
    if manifest["audio_format"] not in FORMATS:
        yield fault(f"audio_format {manifest['audio_format']}", f"one of {', '.join(FORMATS)}")
    listed = [record.file for record in shard_records(manifest)]
    for name, times in Counter(listed).items():
        if times > 1:
            yield fault(f"{name} is listed {times} times", "each file once")
    for path in sorted((dataset / DATA_FOLDER).rglob("*.parquet")):
        name = path.relative_to(dataset).as_posix()
        if name not in listed:
            yield Finding("unlisted_file", name, None, None, "a shard that is not listed", f"those in {MANIFEST_NAME}")
    if (dataset / STATE_FOLDER).exists():
        yield Finding("unfinished", STATE_FOLDER, None, None, "the folder is there", "none in a finished dataset")


def check_rejects(dataset: Path, manifest: Mapping[str, Any]) -> tuple[list[Finding], list[Reject] | None]:
    """Find out whether `rejected.jsonl` counts as the manifest does; returns what it holds, None if unreadable."""
    try:
        rejects = read_rejected(dataset)
    except UsageError as error:
        return [Finding("rejects", REJECTED_NAME, None, None, str(error), "readable lines")], None
    counts = dict(Counter(reject.reason for reject in rejects))
    if counts == manifest["rejected"]:
        return [], rejects
    return [Finding("rejects", REJECTED_NAME, None, None, _counts(counts), _counts(manifest["rejected"]))], rejects


def check_bytes(dataset: Path, record: ShardRecord) -> list[Finding]:
    """Compare a shard's bytes with the manifest; the file is read once."""
    path = dataset / record.file
    if not path.is_file():
        return [Finding("missing_file", record.file, None, None, "no such file", f"a shard of {record.rows} rows")]
    size = path.stat().st_size
    if size != record.bytes:
        return [Finding("hash", record.file, None, None, f"{size} bytes", f"{record.bytes} bytes")]
    found = sha256_of(path)
    if found != record.sha256:
        return [Finding("hash", record.file, None, None, f"SHA-256 {found}", record.sha256)]
    return []


def check_schema(dataset: Path, record: ShardRecord, format_version: str) -> tuple[list[Finding], int]:
    """Compare a shard's columns and rows with the format; returns how many row groups can be read.

    Columns and fields may be added to the format, so others are no fault; those of this version must be there in a
    dataset of this version.
    """
    try:
        with pq.ParquetFile(dataset / record.file) as parquet:
            schema, rows, groups = parquet.schema_arrow, parquet.metadata.num_rows, parquet.num_row_groups
    except (pa.ArrowException, OSError, ValueError) as error:
        return [_of(record, "unreadable", " ".join(str(error).split()), "readable Parquet")], 0
    findings = []
    if rows != record.rows:
        findings.append(_of(record, "row_count", f"{rows} rows", f"{record.rows} rows"))
    wrong = []
    for field in COLUMNS:
        place = schema.get_field_index(field.name)
        if place >= 0:
            wrong += _differences(field.name, schema.field(place).type, field.type)
        else:
            wrong.append(f"{_ABSENT}column {field.name}")
    if format_version != FORMAT_VERSION:  # the format has grown since
        wrong = [fault for fault in wrong if not fault.startswith(_ABSENT)]
    findings += [_of(record, "schema", fault, f"as in format {FORMAT_VERSION}") for fault in wrong]
    return findings, 0 if wrong else groups


def check_figures(dataset: Path, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare figures with the rows: those of the card's first table, what was left out, stories in several splits.

    All shards must be readable.
    """
    records = shard_records(manifest)
    statistics = summarise(dataset, [(record.config, record.split, record.file) for record in records])
    counted, stories = manifest.get(SHARED_STORIES_KEY), statistics.shared_stories.stories
    if counted not in (None, stories):
        yield Finding("manifest", MANIFEST_NAME, None, None, f"{SHARED_STORIES_KEY} {counted}", f"{stories}")
    yield from _check_card(dataset, manifest, statistics)


def _check_card(dataset: Path, manifest: Mapping[str, Any], statistics: Statistics) -> Iterator[Finding]:
    try:
        card = (dataset / CARD_NAME).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        yield Finding("card", CARD_NAME, None, None, f"cannot be read ({error})", "the card")
        return
    shown = _figures(card)
    for name, wanted in _figures(render_card(manifest, statistics)).items():
        found = shown.get(name)
        if found != wanted:
            measured = f"{', '.join(name)}: {', '.join(found) if found else 'nothing'}"
            yield Finding("card", CARD_NAME, None, None, measured, ", ".join(wanted))


def _figures(card: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the figures of a card's tables: per configuration and split, and what was left out."""
    figures: dict[tuple[str, ...], tuple[str, ...]] = {}
    for line in card.splitlines():
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if len(cells) == _NUMBER_COLUMNS and cells[2].isdecimal():
            figures[cells[:2]] = cells[2:]
        elif len(cells) == 2 and cells[0] == "left out":
            figures[cells[:1]] = cells[1:]
    return figures


def _differences(path: str, found: pa.DataType, wanted: pa.DataType) -> list[str]:
    if pa.types.is_struct(wanted) and pa.types.is_struct(found):
        faults = []
        for field in wanted:
            place = found.get_field_index(field.name)
            if place >= 0:
                faults += _differences(f"{path}.{field.name}", found.field(place).type, field.type)
            else:
                faults.append(f"{_ABSENT}field {path}.{field.name}")
        return faults
    if pa.types.is_list(wanted) and pa.types.is_list(found):
        return _differences(path, found.value_type, wanted.value_type)
    return [] if found == wanted else [f"{path} is {found}, not {wanted}"]


def _of(record: ShardRecord, check: str, measured: str, wanted: str) -> Finding:
    return Finding(check, record.file, None, None, measured, wanted)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items())) or "nothing"
