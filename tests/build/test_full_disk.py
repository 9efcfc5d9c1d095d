"""Where the disk is full, a build says so; with space it goes on to the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import assert_one_line, digests, run_askqa, write_corpus

TMPFS_BYTES = 4_000_000


@pytest.fixture(scope="module")
def corpus(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    items = json.loads(demo_file.read_text("utf-8"))["data"][:6]
    return write_corpus(tmp_path_factory.mktemp("corpora") / "six_test.json", items)


@pytest.fixture(scope="module")
def complete(corpus: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of the dataset when there is space."""
    out = tmp_path_factory.mktemp("datasets") / "six"
    assert run_askqa("build", corpus, out, "--profiles", quick_profile).returncode == 0
    return digests(out)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that the dataset does not fit on."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a file system is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_limit_on_the_size_of_files(
    corpus: Path, quick_profile: Path, complete: dict[str, str], tmp_path: Path
) -> None:
    """Blocks are smaller than shards: the first limit fails in a worker, the second in the main process."""
    out = tmp_path / "out"
    arguments = ("build", corpus, out, "--profiles", quick_profile)
    for kilobytes, file in ((200, ".arrow"), (2300, ".parquet")):
        failed = run_askqa(*arguments, shell_prefix=f"ulimit -f {kilobytes};")
        assert_one_line(failed, 1)
        assert file in failed.stderr
        assert not (out / "askqa.json").exists()
    assert run_askqa(*arguments).returncode == 0
    assert digests(out) == complete


def test_a_full_file_system(corpus: Path, quick_profile: Path, complete: dict[str, str], small_disk: Path) -> None:
    out = small_disk / "out"
    arguments = ("build", corpus, out, "--profiles", quick_profile)
    failed = run_askqa(*arguments)
    assert_one_line(failed, 1)
    assert "No space left" in failed.stderr
    assert not (out / "askqa.json").exists()
    subprocess.run(["mount", "-o", "remount,size=100000000", str(small_disk)], check=True)
    assert run_askqa(*arguments).returncode == 0
    assert digests(out) == complete


def test_a_folder_that_cannot_be_written(corpus: Path, quick_profile: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser may write everywhere")
    tmp_path.chmod(0o500)
    try:
        failed = run_askqa("build", corpus, tmp_path / "out", "--profiles", quick_profile)
    finally:
        tmp_path.chmod(0o700)
    assert_one_line(failed, 1)
    assert "Permission denied" in failed.stderr
