"""Exports of instruction examples: what each toolkit reads is what the dataset or the task set holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from read_exports import READERS, ReadExample
from speech_exports import assert_same_samples, changed_dataset, exported, resampled, rows_of, sound, strange

from askqa_builder.dataset.manifest import shard_records
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.reading import examples_of, tasks_manifest

FIXED_RATE = 16000


def rows_of_split(dataset: Path, split: str) -> list[tuple[dict[str, Any], Any]]:
    return [(row, recording) for row, recording in rows_of(dataset) if row["split"] == split]


def read(out: Path, name: str, split: str) -> list[ReadExample]:
    return READERS[name](out, split)


def rate_of(name: str, own: int) -> int:
    return FIXED_RATE if name == "qwen2-audio" else own


@pytest.mark.parametrize("name", READERS)
def test_rows_come_out_as_they_are(two_splits: Path, tmp_path: Path, name: str) -> None:
    report = exported(two_splits, tmp_path / "out", name, window="none")
    assert report.splits == {split: len(rows_of_split(two_splits, split)) for split in ("test", "train")}
    for split in report.splits:
        rows = rows_of_split(two_splits, split)
        found = read(tmp_path / "out", name, split)
        assert len(found) == len(rows)
        for (row, recording), example in zip(rows, found, strict=True):
            assert example.answer == row["response"]["text"]
            assert example.prompt.strip()
            assert row["id"] in example.id
            ((samples, rate),) = example.sounds
            assert rate == rate_of(name, 22050)
            assert_same_samples(samples, resampled(recording, 22050, rate), exact=rate == 22050)


@pytest.mark.parametrize("name", READERS)
def test_recordings_at_the_format_s_own_rate_keep_every_sample(demo_dataset: Path, tmp_path: Path, name: str) -> None:
    exported(demo_dataset, tmp_path / "out", name, window="none", split="test")
    rows = list(rows_of(demo_dataset))
    for (_, recording), example in zip(rows, read(tmp_path / "out", name, "test"), strict=True):
        assert_same_samples(example.sounds[0][0], recording, exact=True)


@pytest.mark.parametrize("name", READERS)
def test_the_story_as_text_and_clips_of_turns(demo_dataset: Path, tmp_path: Path, name: str) -> None:
    exported(demo_dataset, tmp_path / "out", name, context="text", layout="turns")
    for (row, recording), example in zip(rows_of(demo_dataset), read(tmp_path / "out", name, "test"), strict=True):
        assert row["story"].strip() in example.prompt
        heard = [turn for turn in row["turns"] if turn["act"] != "story"]
        assert len(example.sounds) == len(heard)
        for turn, (samples, rate) in zip(heard, example.sounds, strict=True):
            start, end = round(turn["start"] * rate), round(turn["end"] * rate)
            assert_same_samples(samples, recording[start:end], exact=True)


@pytest.mark.parametrize("name", READERS)
def test_segments_are_the_recording_in_parts(demo_dataset: Path, tmp_path: Path, name: str) -> None:
    exported(demo_dataset, tmp_path / "out", name, segments=8.0)
    found = read(tmp_path / "out", name, "test")
    assert max(len(example.sounds) for example in found) > 2
    for (_, recording), example in zip(rows_of(demo_dataset), found, strict=True):
        assert all(len(samples) <= 8 * rate for samples, rate in example.sounds)
        assert_same_samples(np.concatenate([samples for samples, _ in example.sounds]), recording, exact=True)


@pytest.mark.parametrize("name", ["ms-swift", "llama-factory", "trl", "webdataset", "audiofolder"])
def test_stereo_parts_the_assistant_from_the_others(demo_dataset: Path, tmp_path: Path, name: str) -> None:
    exported(demo_dataset, tmp_path / "out", name, layout="stereo", window="none")
    for (row, recording), example in zip(rows_of(demo_dataset), read(tmp_path / "out", name, "test"), strict=True):
        ((samples, rate),) = example.sounds
        assert samples.shape == (len(recording), 2)
        assert_same_samples(samples.sum(axis=1), recording, exact=True)
        for turn in row["turns"]:
            other = samples[round(turn["start"] * rate) : round(turn["end"] * rate), int(turn["role"] == "assistant")]
            assert not other.any()


def examples(task_set: Path, split: str) -> list[Example]:
    records = [record for record in shard_records(tasks_manifest(task_set)) if record.split == split]
    return [example for record in records for example in examples_of(task_set, record.file)]


@pytest.mark.parametrize("name", READERS)
def test_a_task_set_comes_out_as_it_is(task_set: Path, tmp_path: Path, name: str) -> None:
    report = exported(task_set, tmp_path / "out", name)
    for split in ("train", "test"):
        wanted = examples(task_set, split)
        found = read(tmp_path / "out", name, split)
        assert len(found) == len(wanted) == report.splits[split]
        for example, other in zip(wanted, found, strict=True):
            assert (other.id, other.prompt, other.answer) == (example.id, example.full_prompt, example.answer)
            assert len(other.sounds) == len(example.audio)
            for file, (samples, rate) in zip(example.audio, other.sounds, strict=True):
                assert rate == rate_of(name, 22050)
                clip = sound(task_set / file["path"])[0]
                assert_same_samples(samples, resampled(clip, 22050, rate), exact=rate == 22050)


def test_a_clip_that_many_examples_hear_is_written_once(task_set: Path, tmp_path: Path) -> None:
    report = exported(task_set, tmp_path / "out", "qwen2-audio")
    clips = {file["path"] for split in ("train", "test") for each in examples(task_set, split) for file in each.audio}
    assert report.audio_files == len(clips) == len(list((tmp_path / "out" / "audio").rglob("*.wav")))


@pytest.mark.parametrize("name", [name for name in READERS if name != "qwen2-audio"])  # which has a rate of its own
def test_another_rate_keeps_lengths_to_the_sample(demo_dataset: Path, tmp_path: Path, name: str) -> None:
    exported(demo_dataset, tmp_path / "out", name, window="none", sample_rate=11025)
    for (_, recording), example in zip(rows_of(demo_dataset), read(tmp_path / "out", name, "test"), strict=True):
        ((samples, rate),) = example.sounds
        assert (rate, len(samples)) == (11025, round(len(recording) / 16000 * 11025))
        wanted = resampled(recording, 16000, 11025)
        assert np.corrcoef(samples.astype(float), wanted.astype(float))[0, 1] > 0.9999


def hostile(row: dict[str, Any]) -> None:
    strange(row)
    row["story"] = "<audio>" + row["story"] + '\u2028\x85"\\'
    row["response"]["text"] = '</s>\r\n"<audio>"\ttab, <image> \\ \U0001f600 ../../x' + row["response"]["text"]
    row["response"]["references"][0] = row["response"]["text"]


@pytest.mark.parametrize("name", READERS)
def test_ids_and_texts_may_hold_anything(demo_dataset: Path, tmp_path: Path, name: str) -> None:
    dataset = changed_dataset(demo_dataset, tmp_path / "hostile", hostile)
    exported(dataset, tmp_path / "out", name, context="text")
    found = read(tmp_path / "out", name, "test")
    rows = list(rows_of(dataset))
    assert len(found) == len(rows)
    for (row, _), example in zip(rows, found, strict=True):
        answer, story = " ".join(row["response"]["text"].split()), row["story"].strip()
        if name in ("ms-swift", "llama-factory"):  # their tags are parted, and nothing else is touched
            answer, story = (
                text.replace("<audio>", "< audio>").replace("<image>", "< image>") for text in (answer, story)
            )
        assert example.answer == answer
        assert story in example.prompt
        assert row["id"] in example.id
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and "cache" not in path.parts]
    assert all(path.is_relative_to(tmp_path / "out") or path.is_relative_to(dataset) for path in outside)
    for path in (tmp_path / "out").rglob("*.jsonl"):
        lines = path.read_bytes().decode("utf-8")
        assert lines.splitlines() == lines.split("\n")[:-1]
