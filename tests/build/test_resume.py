"""What a build does with what it finds in its folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from harness import digests, finished_blocks, kill_group, rejects, samples, started_askqa, wait_until, write_corpus

from askqa_builder import build
from askqa_builder.errors import UsageError
from askqa_builder.progress import Silent, Totals


@pytest.fixture(scope="module")
def corpus(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four conversations and one that cannot be read."""
    items = json.loads(demo_file.read_text("utf-8"))["data"][:4]
    return write_corpus(tmp_path_factory.mktemp("corpora") / "few_test.json", [*items, {"id": "nothing else"}])


@pytest.fixture(scope="module")
def options(quick_profile: Path) -> dict[str, Any]:
    return {"profiles": str(quick_profile), "shard_size": "1MB", "workers": 1}


@pytest.fixture(scope="module")
def dataset(corpus: Path, options: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished dataset of several shards. Tests damage it, and leave it repaired."""
    out = tmp_path_factory.mktemp("datasets") / "few"
    assert build(corpus, out, **options).exit_code == 3
    assert len(list(out.glob("data/initial/*"))) >= 2
    return out


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_finished_build_is_left_alone(corpus: Path, options: dict[str, Any], dataset: Path) -> None:
    before = digests(dataset), times(dataset)
    report = build(corpus, dataset, **{**options, "workers": 2})
    assert report.already_complete
    assert report.exit_code == 3
    assert (digests(dataset), times(dataset)) == before


def test_damaged_shards_are_made_again(corpus: Path, options: dict[str, Any], dataset: Path) -> None:
    before = digests(dataset)
    shards = sorted(dataset.glob("data/*/*.parquet"))
    content = bytearray(shards[0].read_bytes())
    content[len(content) // 2] ^= 1
    shards[0].write_bytes(content)
    shards[1].write_bytes(shards[1].read_bytes()[:-1])
    shards[2].unlink()
    untouched = {path: path.stat().st_mtime_ns for path in shards[3:]}
    report = build(corpus, dataset, **options)
    assert not report.already_complete
    assert report.exit_code == 3
    assert digests(dataset) == before
    assert {path: path.stat().st_mtime_ns for path in untouched} == untouched


def test_a_repair_that_was_killed_still_belongs_to_its_build(
    corpus: Path, options: dict[str, Any], dataset: Path
) -> None:
    before = digests(dataset)
    sorted(dataset.glob("data/*/*.parquet"))[-1].unlink()
    arguments = ["build", corpus, dataset, "--profiles", options["profiles"], "--shard-size", "1MB"]
    with started_askqa(*arguments, "--workers", "1") as process:
        assert wait_until(lambda: not (dataset / "askqa.json").exists())
        kill_group(process)
    with pytest.raises(UsageError, match="other settings"):
        build(corpus, dataset, **{**options, "seed": 1})
    build(corpus, dataset, **options)
    assert digests(dataset) == before


class Spoken(Silent):
    """Counts the conversations that a build still has to speak."""

    def start(self, totals: Totals, done: Totals) -> None:
        self.conversations = totals.items - done.items


@pytest.mark.parametrize("victim", [0, -1])
def test_a_repair_speaks_what_the_missing_shard_holds(
    corpus: Path, options: dict[str, Any], dataset: Path, victim: int
) -> None:
    before = digests(dataset)
    shard = sorted(dataset.glob("data/initial/*.parquet"))[victim]
    held = pq.read_metadata(shard).num_rows
    shard.unlink()
    progress = Spoken()
    build(corpus, dataset, progress=progress, **options)
    assert progress.conversations == held < 4
    assert digests(dataset) == before


@pytest.mark.parametrize("changed", [{"seed": 1}, {"stages": ("initial",)}, {"limit": 1}, {"audio_format": "wav"}])
def test_a_finished_build_of_other_settings_is_refused(
    corpus: Path, options: dict[str, Any], dataset: Path, changed: dict[str, Any]
) -> None:
    before = digests(dataset), times(dataset / "data")
    with pytest.raises(UsageError, match="--overwrite"):
        build(corpus, dataset, **{**options, **changed})
    after = digests(dataset)
    assert {path: digest for path, digest in after.items() if not path.startswith(".askqa")} == before[0]
    assert times(dataset / "data") == before[1]


def test_an_unfinished_build_of_other_settings_is_refused_unless_overwritten(
    large_arguments: Callable[..., list[str]], corpus: Path, options: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "unfinished"
    with started_askqa(*large_arguments(out)) as process:
        assert wait_until(lambda: any(out.glob("data/*/*.parquet")) or process.poll() is not None)
        assert process.poll() is None
        kill_group(process)
    kept = finished_blocks(out)
    with pytest.raises(UsageError, match=r"unfinished.*--overwrite"):
        build(corpus, out, **options)
    assert finished_blocks(out) == kept
    (out / "notes.txt").write_text("mine")
    (out / "data" / "notes.txt").write_text("mine too")
    fresh = tmp_path / "fresh"
    for folder, overwrite in ((out, True), (fresh, False)):
        build(corpus, folder, **options, overwrite=overwrite, limit=2)
    theirs = {"notes.txt", "data/notes.txt"}
    assert theirs < digests(out).keys()
    assert {path: digest for path, digest in digests(out).items() if path not in theirs} == digests(fresh)


def test_a_folder_that_was_being_cleared_is_cleared(
    corpus: Path, options: dict[str, Any], dataset: Path, tmp_path: Path
) -> None:
    """As a kill leaves it after --overwrite has removed the manifest: nobody's shards, under other names."""
    out = tmp_path / "half-cleared"
    stale = out / "data" / "initial" / "train-00000-of-00009.parquet"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"of another build")
    (out / ".askqa").mkdir()
    build(corpus, out, **options)
    assert digests(out) == digests(dataset)


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_ours_is_left_untouched(
    corpus: Path, options: dict[str, Any], tmp_path: Path, overwrite: bool
) -> None:
    foreign = tmp_path / "foreign"
    write_corpus(foreign / "data" / "initial" / "precious.json", [])
    (foreign / "README.md").write_text("mine")
    before = digests(foreign), times(tmp_path)
    with pytest.raises(UsageError, match="not empty"):
        build(corpus, foreign, **options, overwrite=overwrite)
    with pytest.raises(UsageError, match="is a file"):
        build(corpus, foreign / "README.md", **options, overwrite=overwrite)
    with pytest.raises(UsageError, match=r"is a file|cannot"):
        build(corpus, foreign / "README.md" / "below", **options, overwrite=overwrite)
    assert (digests(foreign), times(tmp_path)) == before


def test_an_empty_folder_is_taken(corpus: Path, options: dict[str, Any], dataset: Path, tmp_path: Path) -> None:
    report = build(corpus, tmp_path, **options)
    assert not report.already_complete
    assert samples(tmp_path) == samples(dataset)
    assert rejects(tmp_path) == rejects(dataset)
