"""Replace a shard of a finished dataset by one with the same rows and other labels, whole or not at all.

The new shard is written beside the dataset's files, in `.askqa/`; its manifest entry is kept there, too, before the
shard takes its place, so that a kill between the two does not leave a shard that the manifest does not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from askqa_builder.dataset.manifest import write_manifest
from askqa_builder.dataset.reading import row_groups
from askqa_builder.dataset.shard import write_shard
from askqa_builder.dataset.upgrade import upgraded
from askqa_builder.digests import sha256_of
from askqa_builder.files import atomic_write, storage_errors, sync_folder
from askqa_builder.output_folder import STATE_FOLDER

Rewrite = Callable[[list[dict[str, Any]]], Mapping[str, list[Any]]]
"""Takes rows, in order, without their audio, and returns whole columns in their place, by name."""

_NEW_SHARD = "replacing.parquet"
_INTENT = "replacing.json"


@dataclass(frozen=True)
class Replacement:
    """Other labels of a shard, and what the manifest says once they are there.

    reads: columns that `rewrite` needs. entry: keys of the shard's entry. manifest: keys of the manifest.
    """

    reads: tuple[str, ...]
    rewrite: Rewrite
    entry: Mapping[str, Any]
    manifest: Mapping[str, Any]


def replace_shard(dataset: Path, manifest: dict[str, Any], place: int, replacement: Replacement) -> None:
    """Write the manifest's shard at `place` anew with other labels, and bring it and the manifest into place.

    All else is as it was, the audio bit by bit. Raises StorageError.
    """
    entry = manifest["shards"][place]
    state = dataset / STATE_FOLDER
    record = write_shard(
        state,
        _NEW_SHARD,
        _rewritten(dataset / entry["file"], manifest["sampling_rate"], replacement),
        config=entry["config"],
        split=entry["split"],
        sampling_rate=manifest["sampling_rate"],
    )
    written = {**entry, **record.to_json(), "file": entry["file"], **replacement.entry}
    with atomic_write(state / _INTENT) as file:
        intent = {"place": place, "entry": written, "manifest": dict(replacement.manifest)}
        file.write(json.dumps(intent).encode("ascii"))
    finish_replacing(dataset, manifest)


def finish_replacing(dataset: Path, manifest: dict[str, Any]) -> None:
    """Do what is left of a replacement, also of one that was killed, and change `manifest` with it.

    Raises StorageError.
    """
    state = dataset / STATE_FOLDER
    try:
        intent = json.loads((state / _INTENT).read_bytes())
    except FileNotFoundError:
        return
    entry = intent["entry"]
    target = dataset / entry["file"]
    with storage_errors(f"write {entry['file']}"):
        if (state / _NEW_SHARD).exists():
            (state / _NEW_SHARD).replace(target)
            sync_folder(target.parent)
        if sha256_of(target) == entry["sha256"]:  # otherwise it has been built anew since
            manifest["shards"][intent["place"]] = entry
            manifest |= intent["manifest"]
            write_manifest(dataset, manifest)
        (state / _INTENT).unlink()


def _rewritten(file: Path, sampling_rate: int, replacement: Replacement) -> Iterator[pa.RecordBatch]:
    for group in row_groups(file):
        for batch in upgraded(group, sampling_rate).to_batches():
            read = batch.select(list(replacement.reads)).to_pylist()
            for name, values in replacement.rewrite(read).items():
                place = batch.schema.get_field_index(name)
                field = batch.schema.field(place)
                batch = batch.set_column(place, field, pa.array(values, type=field.type))
            yield batch
