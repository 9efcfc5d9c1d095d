"""Look into a finished dataset, row by row, without `datasets`."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from askqa_builder.corpus.rejects import describe
from askqa_builder.dataset.manifest import (
    EXPORT_NAME,
    KIND_KEY,
    MANIFEST_NAME,
    TASKS_KIND,
    made_there,
    noun_of,
    read_manifest,
    shard_records,
)
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.files import atomic_write
from askqa_builder.output_folder import STATE_FOLDER
from askqa_builder.recording.encode import FORMATS, audio_format, encode


def find_row(dataset: Path, row_id: str | None) -> dict[str, Any]:
    """Read one row of any configuration, the first one where no id is given; other audio is not read.

    Raises UsageError where the folder holds no finished dataset, or no such row.
    """
    with reading_errors(dataset):
        for file, group, place in _places(dataset, row_id):
            with pq.ParquetFile(file) as parquet:
                row: dict[str, Any] = parquet.read_row_group(group).slice(place, 1).to_pylist()[0]
                return row
    if row_id is None:
        raise UsageError(f"{dataset} has no rows")
    raise UsageError(
        f"{dataset} has no row {row_id!r}; ids look like <conversation_id>#initial or <conversation_id>#clarified-0, "
        "with ~1 at the end in rendition 1"
    )


def save_recording(row: dict[str, Any], path: Path) -> None:
    """Write a row's recording to a file, in the format of its suffix.

    Raises UsageError for another suffix, a missing folder, or a rate that the format does not take; StorageError
    where the disk refuses.
    """
    wanted = path.suffix.lstrip(".").lower()
    if wanted not in FORMATS:
        raise UsageError(f"{path}: give a file that ends in {', '.join('.' + name for name in FORMATS)}")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{path}: there is no such folder; make it first")
    data = _as_format(row["audio"], wanted)
    with atomic_write(path) as file:
        file.write(data)


def _as_format(audio: dict[str, Any], wanted: str) -> bytes:
    """Return the bytes of a recording as a file of another format, or as they are."""
    data: bytes = audio["bytes"]
    if audio["path"].endswith(f".{wanted}"):
        return data
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    return encode(samples, rate, audio_format(wanted, rate))


def finished_manifest(dataset: Path) -> dict[str, Any]:
    """Return the manifest of a finished dataset. Raises UsageError where the folder holds none."""
    manifest = read_manifest(dataset)
    if manifest is None:
        raise UsageError(unfinished_message(dataset, "dataset", "build one with askqa build"))
    if KIND_KEY in manifest:
        what = "task examples" if manifest[KIND_KEY] == TASKS_KIND else describe(manifest[KIND_KEY])
        raise UsageError(f"{dataset} holds {what}, no dataset; give the dataset that they were made from")
    return manifest


def unfinished_message(folder: Path, what: str, remedy: str) -> str:
    """Say why a folder without a manifest holds nothing finished."""
    if (folder / EXPORT_NAME).is_file():
        return f"{folder} holds an export, no {what}; give what the export was made from"
    if (folder / STATE_FOLDER).is_dir():
        return (
            f"{folder} holds no finished {what} yet: it is being made, or was interrupted; run the same command again "
            "to finish it"
        )
    return f"{folder} holds no finished {what} (no {MANIFEST_NAME}); {remedy}"


@contextmanager
def reading_errors(dataset: Path) -> Iterator[None]:
    """Turn what goes wrong in the `with` block while a dataset is read into one of our errors."""
    try:
        yield
    except PermissionError as error:
        raise UsageError(
            f"cannot read {error.filename or dataset}: {error.strerror}; look at its permissions"
        ) from error
    except (pa.ArrowException, OSError) as error:
        command = "build" if made_there(dataset) == noun_of(None) else "tasks"
        raise AskqaError(f"{dataset} is damaged ({error}); run the same askqa {command} again to repair it") from error


def row_groups(file: Path, columns: Sequence[str] | None = None, without: Collection[str] = ()) -> Iterator[pa.Table]:
    """Yield the rows of a shard, one row group at a time (tens of megabytes of audio); all columns, or some."""
    with pq.ParquetFile(file) as parquet:
        if without:
            columns = [name for name in columns or parquet.schema_arrow.names if name not in without]
        for group in range(parquet.num_row_groups):
            yield parquet.read_row_group(group, columns=columns)


def _places(dataset: Path, row_id: str | None) -> Iterator[tuple[Path, int, int]]:
    """Yield file, row group and place in it of the rows that fit, reading the column of ids only."""
    for record in shard_records(finished_manifest(dataset)):
        file = dataset / record.file
        with pq.ParquetFile(file) as parquet:
            for group in range(parquet.num_row_groups):
                ids = parquet.read_row_group(group, columns=["id"]).column("id").to_pylist()
                for place, found in enumerate(ids):
                    if row_id in (None, found):
                        yield file, group, place
