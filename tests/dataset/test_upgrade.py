"""Rows of earlier formats as rows of this one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from verify.mutations import in_format, shard_files

from askqa_builder.dataset.schema import AFFECT_WINDOW, EMOTION, MEASURED, STYLE, WORD_AFFECT, row_schema
from askqa_builder.dataset.upgrade import upgraded


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_what_came_later_is_there_and_null(demo_dataset: Path, tmp_path: Path, version: str) -> None:
    old = in_format(demo_dataset, tmp_path / "old", version)
    for before, now in zip(shard_files(old), shard_files(demo_dataset), strict=True):
        table = upgraded(pq.read_table(before), 16000)
        assert table.schema.equals(row_schema(16000), check_metadata=True)
        table.validate(full=True)
        for row, whole in zip(table.to_pylist(), pq.read_table(now).to_pylist(), strict=True):
            assert row["affect"] == []
            for turn, told in zip(row["turns"], whole["turns"], strict=True):
                assert turn["style"] == {field.name: None for field in STYLE}
                assert turn["measured"] == {field.name: None for field in MEASURED}
                assert list(turn["emotion"]) == [field.name for field in EMOTION]
                assert set(turn["emotion"]["intended"].values()) == {None}
                assert turn["emotion"]["recognised"]["agreement"] is None
                assert turn["text"] == told["text"]
                assert turn["rate"] == (None if version == "1.0" else told["rate"])
            assert [{**word, **dict.fromkeys(WORD_AFFECT)} for word in row["words"]] == whole["words"]
            same = row.keys() - {"turns", "words", "affect"}
            assert {key: row[key] for key in same} == {key: whole[key] for key in same}


def test_rows_of_this_format_stay_as_they_are(demo_dataset: Path) -> None:
    for file in shard_files(demo_dataset):
        table = pq.read_table(file)
        assert upgraded(table, 16000).equals(table)


def test_slices_and_chunks_keep_their_rows(demo_dataset: Path, tmp_path: Path) -> None:
    file = shard_files(in_format(demo_dataset, tmp_path / "old", "1.1"))[0]
    table = pq.read_table(file)
    whole = upgraded(table, 16000)
    parts = [table.slice(0, 2), table.slice(2, 5), table.slice(7)]
    assert upgraded(pa.concat_tables(parts), 16000).to_pylist() == whole.to_pylist()
    assert upgraded(table.slice(3, 2), 16000).to_pylist() == whole.slice(3, 2).to_pylist()
    assert upgraded(table.slice(0, 0), 16000).to_pylist() == []


def test_columns_that_were_not_read_are_null(demo_dataset: Path) -> None:
    read = pq.read_table(shard_files(demo_dataset)[0], columns=["id", "turns"])
    table = upgraded(read, 16000)
    assert table["turns"].to_pylist() == read["turns"].to_pylist()
    assert set(table["words"].to_pylist()) == {None}
    assert table["affect"].type == pa.list_(AFFECT_WINDOW)
