"""Exports with spoken responses that are refused, in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from harness import askqa_here, assert_one_line, changed_manifest
from speech_exports import exported, rows_of

from askqa_builder import build, script, tasks
from askqa_builder.build.voicing.settling import VoicingOptions
from askqa_builder.errors import UsageError


@pytest.mark.parametrize("to", ["trl", "qwen2-audio", "openai", "ms-swift", "llama-factory", "spoken-squad"])
def test_formats_without_a_place(demo_dataset: Path, tmp_path: Path, to: str) -> None:
    result = askqa_here("export", demo_dataset, tmp_path / "out", "--to", to, "--response-audio")
    assert_one_line(result, 2)
    assert f"response-audio: {to} has no place for a response as sound; leave it out" in result.stderr


def test_a_task_set_has_answers_that_are_no_responses(two_splits: Path, tmp_path: Path) -> None:
    tasks(two_splits, tmp_path / "set", tasks=["response"])
    with pytest.raises(UsageError, match="response-audio: a task set's answers are not all responses"):
        exported(tmp_path / "set", tmp_path / "out", "webdataset", response_audio=True)


@pytest.mark.parametrize(
    "option",
    [
        "--device cpu",
        "--workers 2",
        "--cache none",
        "--cache-size 1GB",
        "--profiles flite",
        "--channel telephone",
        "--other-version",
    ],
)
def test_options_of_voices_where_nothing_is_spoken(demo_dataset: Path, tmp_path: Path, option: str) -> None:
    result = askqa_here("export", demo_dataset, tmp_path / "out", "--to", "webdataset", *option.split())
    assert_one_line(result, 2)
    name = option.split()[0].removeprefix("--")
    assert f"{name}: nothing is spoken in this export; give --response-audio, or leave it out" in result.stderr
    assert not (tmp_path / "out").exists()


def test_voices_where_nothing_is_spoken(demo_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only responses are spoken; ask for them with response_audio"):
        exported(demo_dataset, tmp_path / "out", "webdataset", voices=VoicingOptions())


def older(content: dict[str, Any]) -> None:
    content["engines"][0]["version"] = "1.4"


def slower(content: dict[str, Any]) -> None:
    content["profiles"]["pauses"] = {**content["profiles"]["pauses"], "before_assistant": 1.0}


def test_another_version_is_refused_unless_it_is_wanted(demo_dataset: Path, tmp_path: Path) -> None:
    dataset = changed_manifest(demo_dataset, tmp_path / "data", older)
    arguments = ["export", dataset, tmp_path / "out", "--to", "audiofolder", "--response-audio", "--workers", 1]
    result = askqa_here(*arguments)
    assert_one_line(result, 2)
    assert "--other-version to go on all the same" in result.stderr
    assert not (tmp_path / "out").exists()
    assert askqa_here(*arguments, "--other-version").returncode == 0


def test_people_say_nothing_new(demo_dataset: Path, demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    for line in script(demo_dataset):
        if line.file and line.role == "assistant":
            soundfile.write(folder / line.file, soundfile.read(example(tmp_path, demo_dataset))[0], 16000)
    (folder / "recordings.yaml").write_text("licence: CC0-1.0\nspeakers: {assistant: {name: anna}}\n")
    options: dict[str, Any] = {"recordings": str(folder), "recorded_roles": ("assistant",)}
    build(demo_file, tmp_path / "data", profiles=str(quick_profile), seed=7, workers=1, **options)
    result = askqa_here("export", tmp_path / "data", tmp_path / "out", "--to", "moshi", "--response-audio")
    assert_one_line(result, 2)
    assert "assistant was recorded by people, in whose voice nothing new can be said" in result.stderr


def example(folder: Path, dataset: Path) -> Path:
    """The first second of what the assistant says somewhere."""
    path = folder / "example.wav"
    if not path.exists():
        row, recording = next(rows for rows in rows_of(dataset) if rows[0]["turns"][2]["role"] == "assistant")
        start, end = (round(row["turns"][2][key] * 16000) for key in ("start", "end"))
        soundfile.write(path, recording[start:end], 16000)
    return path


@pytest.mark.parametrize("change", [None, slower])
def test_other_responses_are_another_export(
    demo_dataset: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None] | None
) -> None:
    """Without responses, or from a dataset with the same shards whose assistant would say them otherwise."""
    exported(demo_dataset, tmp_path / "out", "lhotse", response_audio=True)
    source = demo_dataset if change is None else changed_manifest(demo_dataset, tmp_path / "data", change)
    with pytest.raises(UsageError, match="holds a finished export for lhotse of other settings, sources"):
        exported(source, tmp_path / "out", "lhotse", response_audio=change is not None)
