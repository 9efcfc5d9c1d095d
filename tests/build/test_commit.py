"""Blocks into shards, with the rows of a real dataset and without a pool."""

from __future__ import annotations

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from harness import digests

from askqa_builder.build.commit import Committer
from askqa_builder.build.folder import BuildFolder
from askqa_builder.build.plan import Shard
from askqa_builder.build.spool import BlockOutcome
from askqa_builder.corpus.conversation import Stage
from askqa_builder.errors import StorageError

BLOCKS = 6


@pytest.fixture(scope="module")
def rows(demo_dataset: Path) -> dict[Stage, list[list[dict[str, Any]]]]:
    """The demo's rows of each stage, dealt to BLOCKS blocks; the last but one has none at all."""
    dealt: dict[Stage, list[list[dict[str, Any]]]] = {}
    for stage in Stage:
        found = pq.read_table(demo_dataset / f"data/{stage.value}/test-00000-of-00001.parquet").to_pylist()
        blocks: list[list[dict[str, Any]]] = [found[i :: BLOCKS - 1] for i in range(BLOCKS - 1)]
        dealt[stage] = [*blocks[:-1], [], blocks[-1]]
    return dealt


def shards() -> list[Shard]:
    """Two shards of the first stage; in the second one without blocks, then one of all blocks."""
    return [
        Shard(Stage.INITIAL, "test", "data/initial/test-00000-of-00002.parquet", range(4)),
        Shard(Stage.INITIAL, "test", "data/initial/test-00001-of-00002.parquet", range(4, BLOCKS)),
        Shard(Stage.CLARIFIED, "train", "data/clarified/train-00000-of-00001.parquet", range(0)),
        Shard(Stage.CLARIFIED, "test", "data/clarified/test-00000-of-00001.parquet", range(BLOCKS)),
    ]


@contextmanager
def opened(out: Path) -> Iterator[BuildFolder]:
    with BuildFolder(out, {"config_digest": "a", "plan_digest": "b"}, overwrite=False) as folder:
        yield folder


def spooled(folder: BuildFolder, rows: dict[Stage, list[list[dict[str, Any]]]], index: int) -> BlockOutcome:
    return folder.spool.write(index, {stage: blocks[index] for stage, blocks in rows.items()}, [])


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))  # Python ignores SIGXFSZ
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def written(out: Path) -> dict[str, str]:
    return digests(out / "data")


@pytest.fixture(scope="module")
def in_order(rows: dict[Stage, list[list[dict[str, Any]]]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("datasets") / "in-order"
    with opened(out) as folder, Committer(folder, shards(), 16000) as committer:
        committer.add(spooled(folder, rows, index) for index in range(BLOCKS))
    assert set(written(out)) == {shard.file.removeprefix("data/") for shard in shards()}
    return written(out)


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_blocks_writes_the_same_files(
    rows: dict[Stage, list[list[dict[str, Any]]]], in_order: dict[str, str], tmp_path: Path, seed: int
) -> None:
    order = random.Random(seed).sample(range(BLOCKS), BLOCKS)
    with opened(tmp_path) as folder:
        with Committer(folder, shards(), 16000) as committer:
            for index in order:
                committer.add([spooled(folder, rows, index)])
        assert written(tmp_path) == in_order
        assert not list(folder.spool.folder.glob("*.arrow"))
        assert len(list(folder.spool.folder.glob("*.json"))) == BLOCKS


def test_a_shard_is_filled_before_its_last_block_is_there(
    rows: dict[Stage, list[list[dict[str, Any]]]], tmp_path: Path
) -> None:
    with opened(tmp_path) as folder, Committer(folder, shards(), 16000) as committer:
        committer.add([spooled(folder, rows, index) for index in range(4)])
        assert folder.committed(shards()[0].file)
        temporaries = list((tmp_path / "data").rglob(".*"))
        assert len(temporaries) == 1  # of the other stage
        # its rows are still in the spool, those of the committed shard are not
        assert {path.name.split(".")[1] for path in folder.spool.folder.glob("*.arrow")} == {"clarified"}


def test_an_unfinished_shard_leaves_nothing_behind_and_is_written_later(
    rows: dict[Stage, list[list[dict[str, Any]]]], in_order: dict[str, str], tmp_path: Path
) -> None:
    with opened(tmp_path) as folder:
        with suppress(KeyboardInterrupt), Committer(folder, shards(), 16000) as committer:
            committer.add([spooled(folder, rows, index) for index in (0, 1)])
            assert len(list((tmp_path / "data").rglob(".*"))) == 2
            raise KeyboardInterrupt
        assert not list((tmp_path / "data").rglob(".*"))
        assert list(written(tmp_path)) == [shards()[2].file.removeprefix("data/")]
    with opened(tmp_path) as folder:
        found = [folder.spool.outcome(index) or spooled(folder, rows, index) for index in range(BLOCKS)]
        pending = [shard for shard in shards() if folder.committed(shard.file) is None]
        with Committer(folder, pending, 16000) as committer:
            committer.add(found)
    assert written(tmp_path) == in_order


def test_rows_that_no_shard_waits_for_leave_the_spool(
    rows: dict[Stage, list[list[dict[str, Any]]]], tmp_path: Path
) -> None:
    with opened(tmp_path) as folder, Committer(folder, shards()[:1], 16000) as committer:
        committer.add([spooled(folder, rows, 5), spooled(folder, rows, 1)])
        assert [path.name for path in folder.spool.folder.glob("*.arrow")] == ["000001.initial.arrow"]


def test_a_full_disk_is_one_error_and_leaves_no_temporary(
    rows: dict[Stage, list[list[dict[str, Any]]]], in_order: dict[str, str], tmp_path: Path
) -> None:
    with opened(tmp_path) as folder:
        outcomes = [spooled(folder, rows, index) for index in range(BLOCKS)]
        with (
            files_of_at_most(200_000),
            pytest.raises(StorageError, match=r"cannot write test-00000-of-00002.parquet: File too large; free"),
            Committer(folder, shards(), 16000) as committer,
        ):
            committer.add(outcomes)
        assert not list((tmp_path / "data").rglob(".*"))
        with Committer(folder, shards(), 16000) as committer:
            committer.add(outcomes)
    assert written(tmp_path) == in_order
