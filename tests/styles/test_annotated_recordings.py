"""Speech that was not made here: files of many kinds, streamed, with what cannot be read left out and told."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from harness import assert_one_line, kill_group, run_askqa, started_askqa, wait_until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from speech_counted import Counted

from askqa_builder import annotate_recordings
from askqa_builder.styles.recordings.files import SILENCE, Recording, heard_windows
from askqa_builder.styles.windows import Windowing

pytestmark = pytest.mark.usefixtures("installed")

RECOGNISERS = ["loud", "bright"]


def noise(seconds: float, rate: int, level: float = 0.1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, level, round(seconds * rate)).clip(-1, 1).astype(np.float32)


def recording(path: Path) -> Recording:
    status = path.stat()
    return Recording(path, path.name, status.st_size, status.st_mtime_ns)


def labels(path: Path) -> dict[str, dict[str, Any]]:
    return {line["file"]: line for line in map(json.loads, path.read_text("utf-8").splitlines())}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Recordings of several formats, rates and numbers of channels, and one that is none."""
    out = tmp_path / "recordings"
    (out / "deeper").mkdir(parents=True)
    loud, quiet = noise(5.0, 16000, 0.2), noise(5.0, 16000, 0.01)
    soundfile.write(out / "stereo.wav", np.stack([np.concatenate([loud, quiet]), np.zeros(160000)], axis=1), 16000)
    soundfile.write(out / "deeper" / "high.flac", noise(5.0, 44100), 44100)
    soundfile.write(out / "small.mp3", noise(3.0, 22050), 22050)
    soundfile.write(out / "low.ogg", np.concatenate([np.zeros(8000 * 6), noise(4.0, 8000)]), 8000)
    (out / "broken.wav").write_bytes(b"RIFF and no more")
    soundfile.write(out / "empty.wav", np.zeros(0), 16000)
    soundfile.write(out / "odd.wav", np.array([0.1, np.nan, 0.2] * 8000, np.float32), 16000, subtype="FLOAT")
    (out / "notes.txt").write_text("no recording")
    return out


def test_each_recording_has_a_line(folder: Path, tmp_path: Path) -> None:
    report = annotate_recordings(folder, tmp_path / "labels.jsonl", RECOGNISERS, margin=0.5, workers=1)
    found = labels(tmp_path / "labels.jsonl")
    assert list(found) == ["deeper/high.flac", "low.ogg", "small.mp3", "stereo.wav"]
    assert (report.recordings, report.rejected) == (4, 3)
    stereo = found["stereo.wav"]
    assert (stereo["duration"], stereo["sampling_rate"], stereo["channels"]) == (10.0, 16000, 2)
    assert [(window["start"], window["end"]) for window in stereo["windows"]] == [(t, t + 2.0) for t in range(0, 10, 2)]
    assert [window["category"] for window in stereo["windows"]] == ["angry"] * 3 + ["neutral"] * 2
    assert stereo["summary"]["category"] == "angry"
    assert all(len(window["votes"]) == 2 for line in found.values() for window in line["windows"])
    about = json.loads((tmp_path / "labels.about.json").read_text())
    assert about["figures"]["recordings"] == 4
    assert list(about["recognisers"]) == RECOGNISERS
    assert str(folder) not in (tmp_path / "labels.about.json").read_text()
    assert sorted(path.name for path in tmp_path.iterdir() if "labels" in path.name) == [
        "labels.about.json",
        "labels.jsonl",
        "labels.rejected.jsonl",
    ]


def test_nobody_listens_to_silence(folder: Path, tmp_path: Path) -> None:
    report = annotate_recordings(folder, tmp_path / "labels.jsonl", RECOGNISERS, workers=1)
    low = labels(tmp_path / "labels.jsonl")["low.ogg"]
    assert low["silent_windows"] == 3
    assert [window["start"] for window in low["windows"]] == [6.0, 8.0]
    assert report.figures["silent"] == 3
    assert report.figures["windows"] == 3 + sum(
        len(line["windows"]) for line in labels(tmp_path / "labels.jsonl").values()
    )


def test_progress_counts_each_second_of_what_can_be_read_once(folder: Path, tmp_path: Path) -> None:
    for name in ("broken.wav", "empty.wav", "odd.wav"):
        (folder / name).unlink()
    told = Counted()
    report = annotate_recordings(folder, tmp_path / "labels.jsonl", RECOGNISERS, workers=1, progress=told)
    seconds = sum(line["duration"] for line in labels(tmp_path / "labels.jsonl").values())
    assert told.seconds == pytest.approx(seconds)
    assert told.total == pytest.approx(seconds, abs=0.1)  # as headers say
    assert told.recorded == pytest.approx(seconds - 6.0)  # silence
    assert told.items == 4
    assert report.figures["seconds"] == pytest.approx(seconds, abs=1e-3)


def test_what_cannot_be_read_is_told(folder: Path, tmp_path: Path) -> None:
    result = run_askqa(
        "styles", "annotate", "--recordings", folder, "--out", tmp_path / "labels.jsonl",
        "--recogniser", "bright", "--workers", "1",
    )  # fmt: skip
    assert result.returncode == 3, result.stderr
    assert "3 left out, see labels.rejected.jsonl" in result.stdout
    rejected = labels(tmp_path / "labels.rejected.jsonl")
    assert {name: line["reason"] for name, line in rejected.items()} == {
        "broken.wav": "unreadable",
        "empty.wav": "empty",
        "odd.wav": "not_finite",
    }
    again = run_askqa(
        "styles", "annotate", "--recordings", folder, "--out", tmp_path / "labels.jsonl",
        "--recogniser", "bright", "--workers", "1",
    )  # fmt: skip
    assert again.returncode == 3
    assert "already complete" in again.stdout
    (tmp_path / "labels.rejected.jsonl").unlink()
    assert not annotate_recordings(folder, tmp_path / "labels.jsonl", ["bright"], workers=1).already_complete
    assert labels(tmp_path / "labels.rejected.jsonl") == rejected


def test_a_link_to_nowhere_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    soundfile.write(folder / "one.wav", noise(1.0, 16000), 16000)
    (folder / "two.wav").symlink_to(tmp_path / "moved.wav")
    (folder / "three.wav").symlink_to(folder / "one.wav")
    report = annotate_recordings(folder, tmp_path / "labels.jsonl", RECOGNISERS, workers=1)
    assert (report.recordings, report.rejected) == (2, 1)
    rejected = labels(tmp_path / "labels.rejected.jsonl")
    assert "it is not there, or may not be read" in rejected["two.wav"]["detail"]


def test_damaged_files_are_named_in_a_line_each_and_the_others_annotated(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    soundfile.write(folder / "good.wav", noise(3.0, 16000), 16000)
    soundfile.write(folder / "middle.mp3", noise(20.0, 16000), 16000)
    whole = bytearray((folder / "middle.mp3").read_bytes())
    third = len(whole) // 3
    whole[third : third + 3000] = bytes((37 * place) % 256 for place in range(third, third + 3000))
    (folder / "middle.mp3").write_bytes(whole)
    (folder / "other.mp3").write_bytes(b"no sound at all" * 100)
    (folder / "nothing.mp3").write_bytes(b"")
    result = run_askqa(
        "styles", "annotate", "--recordings", folder, "--out", tmp_path / "labels.jsonl",
        "--recogniser", "loud", "--workers", "1",
    )  # fmt: skip
    assert result.returncode == 3
    assert list(labels(tmp_path / "labels.jsonl")) == ["good.wav"]
    lines = result.stderr.splitlines()
    assert len(lines) == 5, result.stderr  # two of the progress, and no word of a decoder
    no_sound = "it holds no sound of its kind, or nothing at all; write the file anew, or leave it out"
    assert lines[2:] == [
        "left out: middle.mp3: it is damaged: decoding stops in the middle; write the file anew, or leave it out",
        f"left out: nothing.mp3: {no_sound}",
        f"left out: other.mp3: {no_sound}",
    ]


def test_words_beside_a_recording_are_labelled(folder: Path, tmp_path: Path) -> None:
    (folder / "stereo.ctm").write_text(";; a comment\nstereo 1 0.50 0.40 hello\nstereo 1 8.50 0.25 there\n")
    (folder / "small.words.jsonl").write_text('{"word": "yes", "start": 0.1, "end": 0.4}\n')
    (folder / "low.ctm").write_text("low 1 never 0.4 hello\n")
    annotate_recordings(folder, tmp_path / "labels.jsonl", RECOGNISERS, margin=0.5, workers=1)
    found = labels(tmp_path / "labels.jsonl")
    hello, there = found["stereo.wav"]["words"]
    assert (hello["word"], hello["start"], hello["end"], hello["emotion"]) == ("hello", 0.5, 0.9, "angry")
    assert (there["word"], there["end"], there["emotion"]) == ("there", 8.75, "neutral")
    assert [word["word"] for word in found["small.mp3"]["words"]] == ["yes"]
    assert "words" not in found["deeper/high.flac"]
    assert labels(tmp_path / "labels.rejected.jsonl")["low.ogg"]["reason"] == "words"


def test_changed_recordings_and_other_recognisers_are_labelled_anew(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.jsonl"
    annotate_recordings(folder, out, RECOGNISERS, workers=1)
    assert annotate_recordings(folder, out, RECOGNISERS, workers=1).already_complete
    soundfile.write(folder / "new.wav", noise(2.0, 16000), 16000)
    report = annotate_recordings(folder, out, RECOGNISERS, workers=1)
    assert (report.already_complete, report.recordings) == (False, 5)
    assert not annotate_recordings(folder, out, ["bright"], workers=1).already_complete
    assert all(len(window["votes"]) == 1 for line in labels(out).values() for window in line["windows"])


def test_a_kill_loses_nothing(folder: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow.yaml"
    slow.write_text("name: loud\nseconds: 0.2\n", "utf-8")
    options = ("styles", "annotate", "--recordings", folder, "--recogniser", slow, "--workers", "1", "--out")
    undisturbed = run_askqa(*options, tmp_path / "undisturbed.jsonl")
    assert undisturbed.returncode == 3, undisturbed.stderr
    out, state = tmp_path / "labels.jsonl", tmp_path / ".labels.jsonl.askqa" / "affect.sqlite"
    with started_askqa(*options, out) as process:
        assert wait_until(lambda: (state.exists() and state.stat().st_size > 0) or process.poll() is not None)
        assert process.poll() is None
        kill_group(process)
    assert state.exists()
    assert not out.exists()
    assert run_askqa(*options, out).returncode == 3
    assert out.read_bytes() == (tmp_path / "undisturbed.jsonl").read_bytes()
    assert not state.parent.exists()


@pytest.mark.parametrize("case", ["none", "missing", "foreign", "folder"])
def test_wrong_usage_is_one_line(case: str, folder: Path, tmp_path: Path) -> None:
    source, out = folder, tmp_path / "labels.jsonl"
    if case == "none":
        source = tmp_path / "void"
        source.mkdir()
    elif case == "missing":
        source = tmp_path / "nowhere"
    elif case == "foreign":
        out.write_text("somebody's\n")
    else:
        out = tmp_path / "nowhere" / "labels.jsonl"
    before = sorted(tmp_path.iterdir())
    result = run_askqa(
        "styles", "annotate", "--recordings", source, "--out", out, "--recogniser", "bright", "--workers", "1"
    )
    assert_one_line(result, 2)
    assert sorted(tmp_path.iterdir()) == before
    assert case != "foreign" or out.read_text() == "somebody's\n"


@given(
    samples=st.integers(1, 200_000),
    length=st.floats(0.2, 4.0),
    context=st.floats(0.0, 5.0),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_streamed_windows_are_those_of_the_whole(samples: int, length: float, context: float, tmp_path: Path) -> None:
    rate, windowing = 2000, Windowing(length, context)
    ramp = (np.arange(samples) % 30000 - 15000).astype(np.int16)
    soundfile.write(tmp_path / "ramp.wav", ramp, rate)
    whole, _ = soundfile.read(tmp_path / "ramp.wav", dtype="float32")
    found = list(heard_windows(recording(tmp_path / "ramp.wav"), windowing))
    assert [heard.window for heard in found] == windowing.cut(0, samples, rate)
    for heard in found:
        expected = whole[heard.window.heard_start : heard.window.heard_end]
        assert np.array_equal(heard.samples, expected)
        labelled = whole[heard.window.start : heard.window.end].astype(np.float64)
        assert heard.silent == (np.sqrt(np.mean(labelled**2)) < SILENCE)


def test_memory_does_not_grow_with_a_recording(tmp_path: Path) -> None:
    """Half an hour is 115 MB of samples as they are decoded."""
    with soundfile.SoundFile(tmp_path / "long.wav", "w", 16000, 1) as file:
        for minute in range(30):
            file.write(noise(60.0, 16000, seed=minute))
    tracemalloc.start()
    try:
        count = sum(len(heard.samples) > 0 for heard in heard_windows(recording(tmp_path / "long.wav"), Windowing()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 900
    assert peak < 20e6
