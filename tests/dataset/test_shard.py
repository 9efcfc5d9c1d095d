from __future__ import annotations

import errno
import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from askqa_builder.dataset import shard
from askqa_builder.dataset.schema import COLUMNS, row_schema
from askqa_builder.dataset.shard import ShardRecord, write_shard
from askqa_builder.digests import sha256_of
from askqa_builder.errors import StorageError
from askqa_builder.files import TEMPORARY_MARK, atomic_write, remove_temporaries

FILE = "test-00000-of-00001.parquet"


@pytest.fixture(scope="module")
def rows(demo_dataset: Path) -> pa.Table:
    return pq.read_table(demo_dataset / "data" / "initial" / FILE)


def write(folder: Path, batches: Sequence[pa.RecordBatch]) -> ShardRecord:
    return write_shard(folder, FILE, batches, config="initial", split="test", sampling_rate=16000)


def cut(table: pa.Table, borders: Sequence[int]) -> list[pa.RecordBatch]:
    whole = table.combine_chunks().to_batches()[0]
    ends = [*sorted(borders), len(table)]
    return [whole.slice(start, end - start) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


# --- what is written ---


def test_the_record_says_what_lies_on_disk(rows: pa.Table, tmp_path: Path) -> None:
    record = write(tmp_path, rows.to_batches())
    data = (tmp_path / FILE).read_bytes()
    assert record.to_json() == {
        "file": FILE,
        "config": "initial",
        "split": "test",
        "rows": len(rows),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert sha256_of(tmp_path / FILE) == record.sha256
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_rows_come_back_as_they_were(rows: pa.Table, tmp_path: Path) -> None:
    write(tmp_path, rows.to_batches())
    assert pq.read_table(tmp_path / FILE).equals(rows)
    frame = pd.read_parquet(tmp_path / FILE)
    assert list(frame.columns) == COLUMNS.names
    assert frame["id"].tolist() == rows["id"].to_pylist()
    assert frame["turns"][0][0]["text"] == frame["story"][0]
    assert frame["num_samples"].dtype == np.int64
    assert frame["ambiguous"].dtype == bool


@pytest.mark.parametrize("library", ["polars", "duckdb"])
def test_other_readers(rows: pa.Table, tmp_path: Path, library: str) -> None:
    reader = pytest.importorskip(library)
    write(tmp_path, rows.to_batches())
    if library == "polars":
        ids = reader.read_parquet(tmp_path / FILE)["id"].to_list()
    else:
        ids = [row[0] for row in reader.sql(f"select id from '{tmp_path / FILE}'").fetchall()]
    assert ids == rows["id"].to_pylist()


def test_audio_is_stored_as_it_is_and_text_is_compressed(rows: pa.Table, tmp_path: Path) -> None:
    write(tmp_path, rows.to_batches())
    group = pq.ParquetFile(tmp_path / FILE).metadata.row_group(0)
    columns = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    for name, column in columns.items():
        is_audio = name.startswith("audio.")
        assert column.compression == ("UNCOMPRESSED" if is_audio else "ZSTD"), name
        assert column.has_offset_index
        if is_audio:
            assert not column.has_dictionary_page
            assert "PLAIN_DICTIONARY" not in column.encodings
            assert "RLE_DICTIONARY" not in column.encodings
    data = (tmp_path / FILE).read_bytes()
    assert all(audio["bytes"] in data for audio in rows["audio"].to_pylist())


# --- the bytes depend on the rows alone ---


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(borders=st.lists(st.integers(0, 13), max_size=8))
def test_cuts_into_batches_leave_no_trace(rows: pa.Table, tmp_path: Path, borders: list[int]) -> None:
    assert write(tmp_path, cut(rows, borders)) == write(tmp_path, cut(rows, []))


def test_cuts_leave_no_trace_across_row_groups(rows: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [len(audio["bytes"]) for audio in rows["audio"].to_pylist()]
    monkeypatch.setattr(shard, "ROW_GROUP_BYTES", sum(sizes) // 4)
    records = [write(tmp_path, cut(rows, borders)) for borders in ([], [1], [3, 3, 9], range(1, 13))]
    assert len({record.sha256 for record in records}) == 1
    metadata = pq.ParquetFile(tmp_path / FILE).metadata
    groups = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert len(groups) in (3, 4)
    filled, position = [], 0
    for count in groups:
        filled.append(sum(sizes[position : position + count]))
        position += count
    assert all(size >= shard.ROW_GROUP_BYTES for size in filled[:-1])
    assert all(size - max(sizes) < shard.ROW_GROUP_BYTES for size in filled)
    assert position == len(rows)


def test_two_processes_write_the_same_bytes(rows: pa.Table, demo_dataset: Path, tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        from pathlib import Path
        import pyarrow.parquet as pq
        from askqa_builder.dataset.shard import write_shard
        table = pq.read_table({str(demo_dataset / "data" / "initial" / FILE)!r})
        batches = table.to_batches(max_chunksize=2)
        record = write_shard(Path({str(tmp_path)!r}), "b", batches, config="c", split="s", sampling_rate=16000)
        print(record.sha256)
        """)
    there = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert there.stdout.strip() == write(tmp_path, rows.to_batches()).sha256


# --- a shard without rows ---


@pytest.mark.parametrize("batches", [[], [pa.RecordBatch.from_pylist([], schema=COLUMNS)]], ids=["none", "empty"])
def test_a_shard_without_rows_loads(batches: list[pa.RecordBatch], tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    folder.mkdir()
    record = write(folder, batches)
    assert record.rows == 0
    assert pq.read_table(folder / FILE).equals(row_schema(16000).empty_table())
    assert len(pd.read_parquet(folder / FILE)) == 0
    loaded = datasets.load_dataset(
        "parquet", data_files=str(folder / FILE), split="train", streaming=True, cache_dir=str(tmp_path / "cache")
    )
    assert list(loaded) == []
    assert loaded.features == datasets.Features.from_arrow_schema(row_schema(16000))


def test_a_shard_without_rows_beside_others(rows: pa.Table, tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    folder.mkdir()
    for name, batches in (("test-00000-of-00002.parquet", []), ("test-00001-of-00002.parquet", rows.to_batches())):
        write_shard(folder, name, batches, config="initial", split="test", sampling_rate=16000)
    for streaming in (False, True):
        loaded = datasets.load_dataset(str(folder), split="test", streaming=streaming, cache_dir=str(tmp_path / "c"))
        assert len(list(loaded.cast_column("audio", datasets.Audio(decode=False)))) == len(rows)


def test_audio_is_read_without_torch(demo_dataset: Path, tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(demo_dataset), split="test", cache_dir=str(tmp_path))
    row = loaded.cast_column("audio", datasets.Audio(decode=False))[0]
    samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")
    assert (len(samples), rate) == (row["num_samples"], row["sampling_rate"])
    assert hashlib.sha256(samples.tobytes()).hexdigest() == row["pcm_sha256"]


# --- whole or not at all ---


def test_a_failing_source_leaves_nothing(rows: pa.Table, tmp_path: Path) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from rows.to_batches()
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        write_shard(tmp_path, FILE, batches(), config="initial", split="test", sampling_rate=16000)
    assert not list(tmp_path.iterdir())


def test_a_failing_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def interrupted() -> None:
        with atomic_write(path) as file:
            file.write(b"new")
            assert len(hidden(tmp_path)) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("durable", [True, False])
def test_a_finished_write_takes_the_name(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with atomic_write(path, durable=durable) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert hidden(tmp_path) == []


def test_a_missing_folder_is_a_storage_error(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match="cannot write file: No such file or directory"),
        atomic_write(tmp_path / "missing" / "file"),
    ):
        pass


def in_process(script: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False, **options
    )


def test_a_full_disk_is_a_storage_error_and_leaves_nothing(demo_dataset: Path, tmp_path: Path) -> None:
    source = demo_dataset / "data" / "initial" / FILE
    limit = source.stat().st_size // 2

    def no_more_than_half() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    result = in_process(
        f"""
        from pathlib import Path
        import pyarrow.parquet as pq
        from askqa_builder.dataset.shard import write_shard
        from askqa_builder.errors import StorageError
        batches = pq.read_table({str(source)!r}).to_batches()
        try:
            write_shard(Path({str(tmp_path)!r}), {FILE!r}, batches, config="c", split="s", sampling_rate=16000)
        except StorageError as error:
            print(error)
        """,
        preexec_fn=no_more_than_half,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("\n") == 1
    assert f"cannot write {FILE}: {os.strerror(errno.EFBIG)}; free some space" in result.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("failure", "step", "raised"), [("interrupt", 9, "KeyboardInterrupt"), ("full disk", 1, "StorageError")]
)
def test_whenever_writing_fails_the_process_lives(
    failure: str, step: int, raised: str, demo_dataset: Path, tmp_path: Path
) -> None:
    """Arrow would end it, at some calls."""
    source = demo_dataset / "data" / "initial" / FILE
    result = in_process(
        f"""
        import errno, os, signal
        from pathlib import Path
        import pyarrow.parquet as pq
        from askqa_builder.dataset import shard
        from askqa_builder.files import atomic_write

        batches = pq.read_table({str(source)!r}).slice(0, 9).to_batches()
        calls, at = 0, 0

        class Failing:
            def __init__(self, file):
                self.file = file

            def __getattr__(self, name):
                return getattr(self.file, name)

            def write(self, data):
                global calls
                calls += 1
                if calls == at and {failure!r} == "interrupt":
                    os.kill(os.getpid(), signal.SIGINT)
                elif calls == at:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return self.file.write(data)

        open_parquet = shard.open_parquet
        shard.open_parquet = lambda target, *rest, **options: open_parquet(Failing(target), *rest, **options)
        outcomes = []
        while not outcomes or at <= calls:
            calls, at = 0, at + {step}
            try:
                shard.write_shard(
                    Path({str(tmp_path)!r}), "a", batches, config="initial", split="test", sampling_rate=16000
                )
                outcomes.append("whole")
            except BaseException as error:
                outcomes.append(type(error).__name__)
                calls = at
        print(len(outcomes), *sorted(set(outcomes)))
        """
    )
    assert result.returncode == 0, result.stderr
    count, *outcomes = result.stdout.split()
    assert int(count) * step > 40
    assert outcomes == [raised, "whole"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_killed_writer_leaves_nothing_visible(demo_dataset: Path, tmp_path: Path) -> None:
    source = demo_dataset / "data" / "initial" / FILE
    script = f"""
        import time
        from pathlib import Path
        import pyarrow.parquet as pq
        from askqa_builder.dataset import shard
        shard.ROW_GROUP_BYTES = 1 << 20
        def batches():
            yield from pq.read_table({str(source)!r}).to_batches()
            time.sleep(600)
        shard.write_shard(Path({str(tmp_path)!r}), {FILE!r}, batches(), config="c", split="s", sampling_rate=16000)
        """
    writer = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)])
    try:
        deadline = time.monotonic() + 30
        while not any(path.stat().st_size for path in tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    left = hidden(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == left
    assert len(left) == 1
    assert TEMPORARY_MARK in left[0]
    remove_temporaries(tmp_path)
    assert not list(tmp_path.iterdir())
