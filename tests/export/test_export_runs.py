"""How an export is carried out: what is refused, what is resumed, what is never touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from harness import askqa_here, assert_one_line, digests
from read_exports import READERS
from speech_exports import changed_dataset, exported, json_lines, rows_of

import askqa_builder
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.export import parts
from askqa_builder.export.registry import NAMES, ROW_FORMATS
from askqa_builder.progress import Totals


class Counted:
    """Progress that is kept."""

    def __init__(self) -> None:
        self.total, self.done, self.items, self.seconds = Totals(0, 0), Totals(0, 0), 0, 0.0

    def start(self, totals: Totals, done: Totals) -> None:
        self.total, self.done = totals, done

    def advance(self, items: int, seconds: float, recorded: float) -> None:
        self.items += items
        self.seconds += seconds

    def stop(self) -> None:
        pass


def test_progress_and_a_second_run(demo_dataset: Path, tmp_path: Path) -> None:
    seen = Counted()
    first = exported(demo_dataset, tmp_path / "out", "ms-swift", window="none", progress=seen)
    rows = list(rows_of(demo_dataset))
    assert (seen.total.items, seen.items, seen.done.items) == (len(rows), len(rows), 0)
    assert seen.total.seconds == pytest.approx(sum(row["duration"] for row, _ in rows))
    assert seen.seconds == pytest.approx(seen.total.seconds)
    before = digests(tmp_path / "out")
    second = askqa_builder.export(demo_dataset, tmp_path / "out", to="ms-swift", window="none")
    assert (first.already_complete, second.already_complete) == (False, True)
    assert {**vars(second), "already_complete": False} == vars(first)
    assert digests(tmp_path / "out") == before
    assert not (tmp_path / "out" / ".askqa").exists()


def test_too_long_clips_are_told_and_nothing_is_written(demo_dataset: Path, tmp_path: Path) -> None:
    rows = [row for row, _ in rows_of(demo_dataset)]
    long = [row for row in rows if row["duration"] > 25]
    assert 0 < len(long) < len(rows)
    result = askqa_here("export", demo_dataset, tmp_path / "out", "--to", "qwen2-audio", "--window", "25")
    assert_one_line(result, 2)
    assert f"{len(long)} of {len(rows)} rows have a clip that the target does not hear whole" in result.stderr
    assert long[0]["id"] in result.stderr
    assert "--segments" in result.stderr
    assert not (tmp_path / "out").exists()


def test_too_long_clips_of_a_task_set(task_set: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"examples have a clip .* hears 5 s at once; make the task set with --seg"):
        exported(task_set, tmp_path / "out", "trl", window=5)
    assert not (tmp_path / "out").exists()


def test_one_split_alone(two_splits: Path, tmp_path: Path) -> None:
    report = exported(two_splits, tmp_path / "out", "qwen2-audio", window="none", split="test")
    assert list(report.splits) == ["test"]
    assert not list((tmp_path / "out").rglob("*train*"))
    wanted = {row["id"] for row, _ in rows_of(two_splits) if row["split"] == "test"}
    assert {line["row_id"] for line in json_lines(tmp_path / "out" / "test.jsonl")} == wanted
    with pytest.raises(UsageError, match="has no 'validation'; it has train, test"):
        exported(two_splits, tmp_path / "none", "qwen2-audio", split="validation")


def test_another_export_in_the_way(demo_dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exported(demo_dataset, out, "llama-factory", window="none")
    (out / "mine.txt").write_text("mine")
    (out / "audio" / "mine.wav").write_bytes(b"mine")
    before = digests(out)
    with pytest.raises(UsageError, match=r"holds a finished export for llama-factory .* --overwrite"):
        exported(demo_dataset, out, "trl", window="none")
    assert digests(out) == before
    exported(demo_dataset, out, "trl", window="none", context="text", overwrite=True)
    exported(demo_dataset, tmp_path / "fresh", "trl", window="none", context="text")
    assert (out / "mine.txt").read_text() == "mine"
    (out / "mine.txt").unlink()
    (out / "audio" / "mine.wav").unlink()
    assert digests(out) == digests(tmp_path / "fresh")


def test_a_foreign_folder_is_never_touched(demo_dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "train.jsonl").write_text("mine")
    copy = shutil.copytree(demo_dataset, tmp_path / "dataset")
    for out, what in (
        (folder, "no export of askqa, but train.jsonl; --overwrite does not touch"),
        (copy, "a dataset, which no ex"),
    ):
        before = digests(out)
        with pytest.raises(UsageError, match=f"holds {what}"):
            exported(demo_dataset, out, "ms-swift", window="none", overwrite=True)
        assert digests(out) == before
    with pytest.raises(UsageError, match="lie in each other"):
        exported(demo_dataset, demo_dataset / "out", "ms-swift", window="none")
    with pytest.raises(UsageError, match="is a file"):
        exported(demo_dataset, folder / "train.jsonl" / "out", "ms-swift", window="none")


def test_a_manifest_cannot_name_files_elsewhere_to_be_removed(demo_dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exported(demo_dataset, out, "ms-swift", window="none")
    (tmp_path / "precious").write_text("precious")
    manifest = json.loads((out / "askqa-export.json").read_bytes())
    manifest["files"] += [{"file": name} for name in ("../precious", str(tmp_path / "precious"), ".hidden")]
    (out / "askqa-export.json").write_text(json.dumps(manifest))
    exported(demo_dataset, out, "trl", window="none", overwrite=True)
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize(
    ("to", "options", "message"),
    [
        ("ms-swit", {}, "'ms-swit' is unknown.*ms-swift"),
        ("qwen2-audio", {"sample_rate": 24000}, "qwen2-audio is at 16000 Hz"),
        ("qwen2-audio", {"audio_format": "flac"}, "does not take 'flac'; allowed: wav"),
        ("qwen2-audio", {"layout": "stereo"}, "does not take 'stereo'"),
        ("trl", {"sample_rate": 100}, "100 Hz is not allowed"),
        ("trl", {"context": "everything"}, "does not take 'everything'"),
        ("trl", {"window": "gpt"}, "window: 'gpt' is unknown"),
        ("trl", {"segments": 40}, "longer than the target's window"),
        ("moshi", {"segments": 20}, "takes a recording whole"),
    ],
)
def test_wrong_options(demo_dataset: Path, tmp_path: Path, to: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        exported(demo_dataset, tmp_path / "out", to, **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("to", ROW_FORMATS)
def test_a_task_set_has_no_whole_recordings(task_set: Path, tmp_path: Path, to: str) -> None:
    result = askqa_here("export", task_set, tmp_path / "out", "--to", to)
    assert_one_line(result, 2)
    assert "export the dataset instead" in result.stderr


def test_what_is_settled_in_a_task_set(task_set: Path, tmp_path: Path) -> None:
    for options in ({"context": "text"}, {"layout": "joined"}, {"segments": 10}):
        with pytest.raises(UsageError, match=r"give --.* to askqa tasks instead"):
            exported(task_set, tmp_path / "out", "trl", **options)


def test_stereo_task_sets_where_one_channel_is_heard(two_splits: Path, tmp_path: Path) -> None:
    askqa_builder.tasks(two_splits, tmp_path / "set", tasks=["response"], layout="stereo")
    with pytest.raises(UsageError, match="are in stereo, which the format does not take"):
        exported(tmp_path / "set", tmp_path / "out", "qwen2-audio", window="none")
    exported(tmp_path / "set", tmp_path / "out", "ms-swift", window="none")


def test_a_window_that_the_model_does_not_have_is_warned_about(demo_dataset: Path, tmp_path: Path) -> None:
    for to, window, warned in (
        ("qwen2-audio", "60", True),
        ("qwen2-audio", "none", True),
        ("qwen2-audio", "30", False),
        ("trl", "60", False),
    ):
        out = tmp_path / f"{to}-{window}"
        result = askqa_here("export", demo_dataset, out, "--to", to, "--window", window, "--context", "none")
        assert result.returncode == 0, result.stderr
        assert ("hears 30 s of a clip and drops the rest, whatever --window says" in result.stderr) is warned
    assert "No clip is longer than 60 s; the model hears 30 s of each." in (
        (tmp_path / "qwen2-audio-60" / "README.md").read_text("utf-8")
    )


def test_damaged_sources(demo_dataset: Path, task_set: Path, tmp_path: Path) -> None:
    dataset = shutil.copytree(demo_dataset, tmp_path / "dataset")
    shard = next(dataset.rglob("*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 3] ^= 1
    shard.write_bytes(bytes(data))
    with pytest.raises(AskqaError, match="is not as it was written"):
        exported(dataset, tmp_path / "out", "trl", window="none")
    copy = shutil.copytree(task_set, tmp_path / "set")
    clip = next(copy.rglob("*.flac"))
    soundfile.write(clip, np.zeros(7, np.int16), 22050)
    with pytest.raises(AskqaError, match=r"is not as its examples say; make the task set anew with .* --overwrite"):
        exported(copy, tmp_path / "other", "trl")
    for damage in (lambda: clip.write_bytes(b"no sound"), clip.unlink):
        damage()
        with pytest.raises(AskqaError, match=r"cannot be read \(.*\); make the task set anew .* --overwrite") as error:
            exported(copy, tmp_path / "other", "trl")
        assert "BytesIO" not in str(error.value)
        assert str(error.value).count(clip.name) == 1


def test_archives_are_followed_by_the_next_and_have_no_trace_of_the_machine(
    demo_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tarfile

    monkeypatch.setattr(parts, "ARCHIVE_BYTES", 1_000_000)
    report = exported(demo_dataset, tmp_path / "out", "webdataset", audio_format="wav")
    names = sorted(report.files)
    assert names == [f"test-{number:06d}.tar" for number in range(len(names))]
    assert len(names) > 3
    assert sum(report.files.values()) == len(READERS["webdataset"](tmp_path / "out", "test"))
    for name in names:
        with tarfile.open(tmp_path / "out" / name) as archive:
            for member in archive:
                assert (member.mtime, member.uid, member.uname, member.mode) == (0, 0, "", 0o644)


@pytest.mark.parametrize("to", sorted(set(NAMES) - {"moshi", "spoken-squad"}))
def test_the_page_of_an_export(two_splits: Path, tmp_path: Path, to: str) -> None:
    result = askqa_here("export", two_splits, tmp_path / "out", "--to", to, "--window", "none")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"done: {tmp_path / 'out'}: ")
    page = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "{" + "split}" not in page
    assert "## How to read it" in page
    assert str(tmp_path) not in page + (tmp_path / "out" / "askqa-export.json").read_text()


def test_a_dataset_without_rows(demo_dataset: Path, tmp_path: Path) -> None:
    askqa_builder.filter(demo_dataset, tmp_path / "empty", where="duration < 0")
    with pytest.raises(UsageError, match="has no rows"):
        exported(tmp_path / "empty", tmp_path / "out", "trl")


def test_rows_of_an_earlier_format_and_without_word_times(demo_dataset: Path, tmp_path: Path) -> None:
    def without_words(row: dict[str, Any]) -> None:
        row["words"] = []

    dataset = changed_dataset(demo_dataset, tmp_path / "dataset", without_words)
    with pytest.raises(UsageError, match=r"rows cannot be cut; the first: .*align: pocketsphinx"):
        exported(dataset, tmp_path / "out", "trl", segments=5)
