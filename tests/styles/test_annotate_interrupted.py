"""Annotation that is killed ends as if nothing had happened."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from harness import STATE, digests, kill_group, manifest, run_askqa, started_askqa, wait_until

from askqa_builder import annotate, score
from askqa_builder.dataset import replacing

pytestmark = pytest.mark.usefixtures("installed")


@pytest.fixture
def slow(tmp_path: Path) -> tuple[str, ...]:
    """The command's options: two recognisers, of which one takes its time; a run that is to be killed must last."""
    file = tmp_path / "slow.yaml"
    file.write_text("name: loud\nseconds: 0.1\n", "utf-8")
    return ("--recogniser", str(file), "--recogniser", "bright", "--margin", "0.5", "--workers", "1")


def heard(dataset: Path) -> int:
    """Count what an unfinished run keeps."""
    path = dataset / STATE / "affect.sqlite"
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM heard").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0
    finally:
        connection.close()


def test_kills_change_nothing_and_what_was_heard_is_kept(
    small_copy: Path, tmp_path: Path, slow: tuple[str, ...]
) -> None:
    """While the worker starts, after some batches, and when the first shard has been replaced."""
    undisturbed = Path(shutil.copytree(small_copy, tmp_path / "undisturbed"))
    assert run_askqa("styles", "annotate", undisturbed, *slow).returncode == 0
    first = small_copy / manifest(small_copy)["shards"][0]["file"]
    untouched = first.read_bytes()
    conditions = (
        lambda: (small_copy / STATE / "affect.sqlite").exists(),
        lambda: heard(small_copy) > 2,
        lambda: first.read_bytes() != untouched,
    )
    kept = 0
    for condition in conditions:
        with started_askqa("styles", "annotate", small_copy, *slow) as process:
            assert wait_until(lambda: condition() or process.poll() is not None)  # noqa: B023
            assert process.poll() is None, "the dataset is too small: the run was done too early"
            kill_group(process)
        assert heard(small_copy) >= kept
        kept = heard(small_copy)
    assert kept > 2
    result = run_askqa("styles", "annotate", small_copy, *slow)
    assert result.returncode == 0, result.stderr
    assert digests(small_copy) == digests(undisturbed)


@pytest.mark.parametrize("moment", ["finish_replacing", "write_manifest"])
def test_a_kill_while_a_shard_is_replaced_changes_nothing(
    small_copy: Path, annotated: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(replacing, moment, killed)
        with pytest.raises(KilledError):
            annotate(small_copy, ["loud", "bright"], margin=0.5, workers=1)
    assert (small_copy / STATE / "replacing.json").exists()
    annotate(small_copy, ["loud", "bright"], margin=0.5, workers=1)
    assert digests(small_copy) == digests(annotated)


def test_another_command_finishes_what_was_begun_and_leaves_what_was_heard(
    small_copy: Path, annotated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shard that `annotate` has written is brought into place by `score`."""
    pytest.importorskip("pocketsphinx", reason="the asr extra is not installed")

    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(replacing, "finish_replacing", killed)
        with pytest.raises(KilledError):
            annotate(small_copy, ["loud", "bright"], margin=0.5, workers=1)
    score(small_copy, asr="pocketsphinx", workers=1)
    assert "annotated" in manifest(small_copy)["shards"][0]
    assert heard(small_copy) > 0
    assert (
        annotate(small_copy, ["loud", "bright"], margin=0.5, workers=1).figures
        == (manifest(annotated)["annotation"]["figures"])
    )
    assert manifest(small_copy)["scoring"]["asr"]["name"] == "pocketsphinx"
    assert not (small_copy / STATE).exists()
