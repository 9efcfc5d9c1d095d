"""Replace a shard of a finished dataset by one with the same rows and other scores, whole or not at all.

The new shard is written beside the dataset's files, in `.askqa/`; its manifest entry is kept there, too, before the
shard takes its place, so that a kill between the two does not leave a shard that the manifest does not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from askqa_builder.dataset.manifest import write_manifest
from askqa_builder.dataset.reading import row_groups
from askqa_builder.dataset.schema import TURN
from askqa_builder.dataset.shard import write_shard
from askqa_builder.dataset.upgrade import upgraded
from askqa_builder.digests import sha256_of
from askqa_builder.files import atomic_write, storage_errors, sync_folder
from askqa_builder.output_folder import STATE_FOLDER

TurnScores = Mapping[str, Any]
"""New values by name of the column; what is not named stays as it was."""

_NEW_SHARD = "scored.parquet"
_INTENT = "replacing.json"


def replace_shard(
    dataset: Path, manifest: dict[str, Any], place: int, scores: Iterable[Sequence[TurnScores]], changes: dict[str, Any]
) -> None:
    """Write the manifest's shard at `place` anew with other scores, and bring it and the manifest into place.

    scores: for each row, in order, those of its turns. changes: what else the manifest says once the shard is there:
    `entry` (keys of the shard's entry) and `scoring`. Raises StorageError.
    """
    entry = manifest["shards"][place]
    state = dataset / STATE_FOLDER
    record = write_shard(
        state,
        _NEW_SHARD,
        _scored(dataset / entry["file"], iter(scores), manifest["sampling_rate"]),
        config=entry["config"],
        split=entry["split"],
        sampling_rate=manifest["sampling_rate"],
    )
    written = {**entry, **record.to_json(), "file": entry["file"], **changes["entry"]}
    with atomic_write(state / _INTENT) as file:
        intent = {"place": place, "entry": written, "scoring": changes["scoring"]}
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
            manifest["scoring"] = intent["scoring"]
            write_manifest(dataset, manifest)
        (state / _INTENT).unlink()


def _scored(file: Path, scores: Iterator[Sequence[TurnScores]], sampling_rate: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a shard with their new scores; all else is as it was, the audio bit by bit."""
    for group in row_groups(file):
        for batch in upgraded(group, sampling_rate).to_batches():
            place = batch.schema.get_field_index("turns")
            turns = _with_scores(batch.column(place), [next(scores) for _ in range(len(batch))])
            yield pa.RecordBatch.from_arrays(
                [*batch.columns[:place], turns, *batch.columns[place + 1 :]], schema=batch.schema
            )


def _with_scores(turns: pa.ListArray, scores: Sequence[Sequence[TurnScores]]) -> pa.ListArray:
    rows = [
        [{**turn, **new} for turn, new in zip(row, new_scores, strict=True)]
        for row, new_scores in zip(turns.to_pylist(), scores, strict=True)
    ]
    return pa.array(rows, type=pa.list_(TURN))
