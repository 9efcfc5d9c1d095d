"""What an export weighs: told beforehand, held against the disk, and no clip is decoded twice."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from harness import askqa_here, assert_one_line, digests
from killed_export import killed, lasting_writes
from speech_exports import exported

from askqa_builder.errors import StorageError
from askqa_builder.export import task_source


def weight(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def told(line: str, before: str) -> float:
    """The bytes that stand before some words."""
    number, unit = line.partition(before)[0].split()[-2:]
    return float(number.replace(",", "")) * {"MB": 1e6, "GB": 1e9}[unit]


@pytest.mark.parametrize("to", ["openai", "webdataset"])
def test_clips_that_stand_in_each_example_are_told(
    task_set: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, to: str
) -> None:
    with caplog.at_level(logging.WARNING):
        exported(task_set, tmp_path / "out", to)
    (line,) = caplog.messages
    assert line.startswith(f"askqa: {to} has each clip in every example that hears it: about ")
    assert told(line, ", of ") == pytest.approx(weight(tmp_path / "out"), rel=0.25)
    caplog.clear()
    exported(task_set, tmp_path / "files", "qwen2-audio", sample_rate=16000)
    assert not caplog.messages


@pytest.mark.parametrize("to", ["openai", "webdataset"])
def test_rows_hear_no_clip_twice(demo_dataset: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, to: str) -> None:
    exported(demo_dataset, tmp_path / "out", to, context="none")
    assert not caplog.messages


@pytest.mark.parametrize(("to", "room"), [("openai", 2.0), ("webdataset", 1.0), ("ms-swift", 1.0), ("lhotse", 1.0)])
def test_a_disk_without_the_space(
    demo_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, room: float
) -> None:
    """room: how often the sound is on the disk while the export is made."""
    arguments = ["export", demo_dataset, tmp_path / "new" / "out", "--to", to, "--window", "none"]
    free = 10_000

    def usage(path: Path) -> Any:
        assert path.exists()
        return SimpleNamespace(free=free)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", usage)
        result = askqa_here(*arguments)
        assert_one_line(result, StorageError.exit_code)
        assert "are needed there while it is made, and 0 MB are free" in result.stderr
        assert not (tmp_path / "new" / "out").exists()
    assert askqa_here(*arguments).returncode == 0
    assert told(result.stderr, " are needed") == pytest.approx(room * weight(tmp_path / "new" / "out"), rel=0.2)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", usage)
        assert askqa_here(*arguments).stdout.startswith("already complete")


@pytest.mark.parametrize("to", ["openai", "lhotse"])
def test_what_is_there_from_an_earlier_run_needs_no_more_space(
    scattered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    writes = lasting_writes(scattered, tmp_path / "whole", to)
    moment = max(number for number, name in enumerate(writes) if name == "files.json")
    assert killed(scattered, to, [(tmp_path / "out", moment)]) == 1
    half = weight(tmp_path / "out")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1.2 * half))
    with pytest.raises(StorageError, match="are needed there"):
        exported(scattered, tmp_path / "another", "moshi", window="none")
    exported(scattered, tmp_path / "out", to, window="none")
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")


@pytest.mark.parametrize("to", ["openai", "webdataset", "trl", "qwen2-audio"])
def test_each_clip_is_decoded_once(task_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    decoded: list[bytes] = []

    def read(file: Any, **options: Any) -> Any:
        decoded.append(file.getvalue())
        return soundfile_read(file, **options)

    soundfile_read = task_source.soundfile.read
    monkeypatch.setattr(task_source, "soundfile", SimpleNamespace(read=read, LibsndfileError=RuntimeError))
    exported(task_set, tmp_path / "out", to)
    clips = list(_clips(task_set))
    assert len(clips) > 20
    assert sorted(decoded) == sorted(clips)


def _clips(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*.flac"):
        yield path.read_bytes()
