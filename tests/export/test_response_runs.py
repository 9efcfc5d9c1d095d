"""How an export with spoken responses is carried out: what is left out, what is resumed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import askqa_here, digests, run_askqa
from killed_export import ARCHIVE_BYTES, killed, lasting_writes
from speech_exports import changed_dataset, exported, json_lines, rows_of
from spoken_responses import own_responses, without_a_response

from askqa_builder import build
from askqa_builder.build.voicing.settling import VoicingOptions
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.export import parts, responses
from askqa_builder.export.formats.audiofolder import AudioFolder

pytestmark = pytest.mark.usefixtures("kept_voices")

WORDLESS = Path(__file__).with_name("wordless_engine.py")


@pytest.fixture(scope="module")
def speechless(scattered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset in several shards in which every third row has a response that nobody can pronounce."""
    return changed_dataset(scattered, tmp_path_factory.mktemp("speechless") / "data", without_a_response(3))


@pytest.mark.parametrize("to", ["webdataset", "moshi"])
def test_a_response_that_cannot_be_spoken_costs_its_own_row(speechless: Path, tmp_path: Path, to: str) -> None:
    rows = [row for row, _ in rows_of(speechless)]
    lost = [row["id"] for row in rows if row["response"]["text"] == "..."]
    assert len({shard["file"] for shard in json.loads((speechless / "askqa.json").read_bytes())["shards"]}) > 2
    assert 2 < len(lost) < len(rows)
    out = tmp_path / "out"
    for state in ("done", "already complete"):
        result = askqa_here("export", speechless, out, "--to", to, "--response-audio", "--workers", 1)
        assert result.returncode == 3, result.stderr
        last = result.stdout.splitlines()[-1]
        assert last.startswith(f"{state}: {out}: {len(rows) - len(lost)} in train")
        assert last.endswith(f"; left out: {len(lost)} unspeakable (see rejected.jsonl)")
    told = json_lines(out / "rejected.jsonl")
    assert [line["id"] for line in told] == lost
    for line in told:
        assert (line["stage"], line["reason"]) == ("speak", "unspeakable")
        assert line["detail"] == "its response cannot be spoken: nothing in the text can be pronounced"
        same_shard = [row["id"] for row in rows_of_shard(speechless, line["file"])]
        assert same_shard[line["index"]] == line["id"]
    manifest = json.loads((out / "askqa-export.json").read_bytes())
    assert manifest["rejected"] == {"unspeakable": len(lost)}
    assert manifest["splits"] == {"train": len(rows) - len(lost)}
    assert f"in `rejected.jsonl`: {len(lost)} unspeakable." in (out / "README.md").read_text("utf-8")
    (out / "rejected.jsonl").unlink()
    assert not exported(speechless, out, to, response_audio=True).already_complete
    assert len(json_lines(out / "rejected.jsonl")) == len(lost)
    exported(speechless, out, "rttm", overwrite=True)
    assert not (out / "rejected.jsonl").exists()


def rows_of_shard(dataset: Path, file: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(dataset / file, columns=["id"]).to_pylist()
    return rows


def test_nothing_is_left(demo_dataset: Path, tmp_path: Path) -> None:
    dataset = changed_dataset(demo_dataset, tmp_path / "data", without_a_response(1))
    result = askqa_here("export", dataset, tmp_path / "out", "--to", "lhotse", "--response-audio", "--workers", 1)
    assert result.returncode == AskqaError.exit_code
    rows = [row for row, _ in rows_of(dataset)]
    assert f"none of the {len(rows)} rows is left; the first: {rows[0]['id']}: " in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("to", ["audiofolder", "moshi"])
def test_a_killed_export_goes_on_to_the_same_bytes(
    speechless: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    writes = lasting_writes(speechless, tmp_path / "whole", to, response_audio=True)
    monkeypatch.setattr(parts, "ARCHIVE_BYTES", ARCHIVE_BYTES)
    outs = {moment: tmp_path / f"killed-{moment}" for moment in (len(writes) // 2, len(writes) - 4)}
    assert killed(speechless, to, [(out, moment) for moment, out in outs.items()], response_audio=True) == len(outs)
    for out in outs.values():
        assert not (out / "askqa-export.json").exists()
        assert exported(speechless, out, to, window="none", response_audio=True).exit_code == 3
        assert digests(out) == digests(tmp_path / "whole")


def test_what_was_spoken_is_not_spoken_again(scattered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a finished shard nothing, and of an unfinished one no response that has its file."""
    asked: list[str] = []
    speak = responses._speak

    def counted(voices: Any, rows: Any) -> Any:
        asked.extend(row["id"] for row in rows)
        return speak(voices, rows)

    monkeypatch.setattr(responses, "_speak", counted)
    rows = [row["id"] for row, _ in rows_of(scattered)]
    left = iter(range(len(rows) // 2))
    lines = AudioFolder.lines

    def interrupted(self: AudioFolder, item: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return lines(self, item)

    with monkeypatch.context() as patch:
        patch.setattr(AudioFolder, "lines", interrupted)
        with pytest.raises(KeyboardInterrupt):
            exported(scattered, tmp_path / "out", "audiofolder", response_audio=True)
    asked.clear()
    exported(scattered, tmp_path / "out", "audiofolder", response_audio=True)
    assert asked == rows[len(rows) // 2 + 1 :]


def test_workers_and_batches_do_not_matter(scattered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported(scattered, tmp_path / "one", "moshi", response_audio=True)
    monkeypatch.setattr("askqa_builder.export.row_source.ROWS_AT_ONCE", 3)
    exported(scattered, tmp_path / "two", "moshi", response_audio=True, voices=VoicingOptions(workers=2))
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_a_response_without_the_words_that_a_format_needs(
    demo_file: Path, engine_profile: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    profile = engine_profile(WORDLESS, "WordlessEngine")
    build(demo_file, tmp_path / "built", profiles=str(profile), workers=1, limit=2)
    first = next(row["id"] for row, _ in rows_of(tmp_path / "built"))

    def say_it_quietly(row: dict[str, Any]) -> None:
        if row["id"] == first:
            row["response"]["text"] = "Quietly."

    dataset = changed_dataset(tmp_path / "built", tmp_path / "data", say_it_quietly)
    report = exported(dataset, tmp_path / "moshi", "moshi", response_audio=True)
    assert report.rejected == {"incomplete": 1}
    (told,) = json_lines(tmp_path / "moshi" / "rejected.jsonl")
    assert (told["id"], told["detail"]) == (first, "its response lacks word times of what the assistant says")
    assert exported(dataset, tmp_path / "lhotse", "lhotse", response_audio=True).exit_code == 0


def test_a_window_that_a_response_breaks_is_an_error(demo_dataset: Path, tmp_path: Path) -> None:
    longest = max(row["duration"] for row, _ in rows_of(demo_dataset)) + 0.01
    too_long = [(row, whole) for row, _, whole in own_responses(demo_dataset) if len(whole.pcm) > longest * 16000]
    assert too_long
    arguments = ["export", demo_dataset, tmp_path / "out", "--to", "lhotse", "--window", longest]
    result = askqa_here(*arguments, "--response-audio", "--workers", 1)
    assert result.returncode == UsageError.exit_code
    row, whole = too_long[0]
    assert f"{row['id']}: a clip of {len(whole.pcm) / 16000:.1f} s" in result.stderr.splitlines()[-1]
    assert "its response included; give a longer --window" in result.stderr
    assert not (tmp_path / "out" / "askqa-export.json").exists()
    assert askqa_here(*arguments, "--overwrite").returncode == 0
    exported(demo_dataset, tmp_path / "files", "webdataset", window=longest, response_audio=True)  # it is not heard


def test_what_the_page_says(demo_dataset: Path, tmp_path: Path) -> None:
    result = run_askqa("export", demo_dataset, tmp_path / "out", "--to", "moshi", "--response-audio")
    assert result.returncode == 0, result.stderr
    assert "26/26 examples" in result.stderr
    assert "h to hear in them" in result.stderr
    page = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "Recordings end with the\nassistant's response." in page
    assert "Responses are spoken, each as the last turn of its recording, in the assistant's voice." in page
