"""The figures of a dataset, as a function and as a command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from changing import as_format_1_0, rewrite
from harness import assert_one_line, manifest, rows

from askqa_builder import report, stats
from askqa_builder.dataset.annotation import ANNOTATED_KEY, ANNOTATION_KEY
from askqa_builder.dataset.manifest import write_manifest
from askqa_builder.dataset.scores import mark
from askqa_builder.errors import AskqaError, UsageError

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_the_figures_are_those_of_the_rows(voiced: Path) -> None:
    found = stats(voiced)
    every = rows(voiced, "initial") + rows(voiced, "clarified")
    assert found.overview.rows == len(every) == len(found.frames.rows)
    assert found.overview.hours == pytest.approx(sum(row["duration"] for row in every) / 3600)
    spread = found.spread.set_index(["quantity", "group"])
    loudness = [
        s["measured"]["loudness"] for row in rows(voiced, "initial") for s in row["speakers"] if s["role"] == "user"
    ]
    assert spread.loc[("loudness", "user"), "mean"] == pytest.approx(sum(loudness) / len(loudness))
    heard = {(s["role"], s["voice"]) for row in every for s in row["speakers"]}
    assert set(zip(found.voices["role"], found.voices["voice"], strict=True)) == heard
    assert found.ratings is None


def test_json_has_no_numbers_that_json_lacks(voiced: Path) -> None:
    content = stats(voiced).to_json()
    assert set(content) == {
        "overview",
        "sentences",
        "callouts",
        "spread",
        "voices",
        "styles",
        "ratings",
        "style_ratings",
    }
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert set(content["spread"][0]) == {"quantity", "unit", "group", "count", "mean", "p5", "median", "p95"}
    assert content["voices"][0]["wer"] is None
    assert content["ratings"] is content["style_ratings"] is None
    assert content["styles"] == []


def test_tables_fit_eighty_columns(askqa: Run, voiced: Path) -> None:
    printed = askqa("stats", voiced)
    assert printed.returncode == 0
    lines = printed.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for title in ("ROWS", "TEXTS", "ENGINES", "VOICES BY ROLE", "SPEECH", "VOICES"):
        assert title in lines
    assert "-0.00" not in printed.stdout


def test_the_command_prints_the_same_json(askqa: Run, voiced: Path) -> None:
    assert json.loads(askqa("stats", voiced, "--json").stdout) == stats(voiced).to_json()


def test_many_voices_are_listed_on_request(askqa: Run, voiced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askqa_builder.cli.stats_tables._MOST_VOICES", 2)
    voices = {speaker["voice"] for row in rows(voiced, "initial") for speaker in row["speakers"]}
    short, full = askqa("stats", voiced).stdout, askqa("stats", voiced, "--voices").stdout
    assert "--voices prints them" in short
    assert not any(f" {voice} " in short for voice in voices)
    assert all(f" {voice} " in full for voice in voices)


def test_a_dataset_of_format_1_0(askqa: Run, changeable: Path, voiced: Path) -> None:
    as_format_1_0(changeable)
    assert askqa("stats", changeable).returncode == 0
    assert stats(changeable).spread.equals(stats(voiced).spread)


def test_a_dataset_without_rows(askqa: Run, changeable: Path) -> None:
    for place in range(len(manifest(changeable)["shards"])):
        rewrite(changeable, place, lambda row: None, keep=0)
    printed = askqa("stats", changeable)
    assert printed.returncode == 0, printed.stderr
    assert "0 recordings" in printed.stdout
    content = stats(changeable).to_json()
    assert content["overview"]["rows"] == 0
    assert content["spread"] == content["voices"] == []


def test_texts_of_a_dataset_never_reach_the_terminal_raw(askqa: Run, changeable: Path) -> None:
    def poison(row: dict[str, Any]) -> None:
        row["source"] = "cnn\x1b[2J\u202e"
        for speaker in row["speakers"]:
            speaker["voice"] = f"{speaker['role']}\x1b]0;owned\x07{'x' * 300}"

    rewrite(changeable, 0, poison)
    printed = askqa("stats", changeable).stdout
    assert "\\x1b[2J" in printed
    assert not set(printed) & set("\x1b\x07\u202e")
    assert max(map(len, printed.splitlines())) <= 80


def test_who_gave_the_scores(askqa: Run, changeable: Path) -> None:
    who = {"name": "whisper", "library": "faster-whisper", "version": "1.2", "model": "large-v3", "licence": "MIT"}
    write_manifest(changeable, {**manifest(changeable), "scoring": {"asr": {**who, "revision": None}}})
    assert "whisper (gave wer)" in askqa("stats", changeable).stdout
    assert json.loads(askqa("stats", changeable, "--json").stdout)["overview"]["listeners"] == {"wer": who}
    report(changeable, changeable.parent / "page.html", max_audio_mb=0)
    page = (changeable.parent / "page.html").read_text("utf-8")
    assert "(gave WER)" in page
    assert "large-v3" in page


def test_who_recognised_emotions(askqa: Run, changeable: Path) -> None:
    who = {"library": "transformers", "version": "5.1", "model": "<b>model", "revision": None, "licence": "MIT"}
    wanted = {"recognisers": {"ours": {**who, "tells": ["category"]}}, "settings": {"window": 2.0}}
    content = manifest(changeable)
    shards = [{**entry, ANNOTATED_KEY: mark(wanted)} for entry in content["shards"]]
    write_manifest(changeable, {**content, ANNOTATION_KEY: wanted, "shards": shards})
    assert "ours (recognised emotions)" in " ".join(askqa("stats", changeable).stdout.split())
    report(changeable, changeable.parent / "page.html", max_audio_mb=0)
    assert "&lt;b&gt;model" in (changeable.parent / "page.html").read_text("utf-8")
    write_manifest(changeable, {**content, ANNOTATION_KEY: wanted})  # in part
    assert "recognised emotions" not in askqa("stats", changeable).stdout


@pytest.mark.parametrize("key", ["profiles", "engines", "sampling_rate", "audio_format", "rejected", "shards"])
def test_a_manifest_that_lacks_something(askqa: Run, changeable: Path, key: str) -> None:
    content = manifest(changeable)
    del content[key]
    write_manifest(changeable, content)
    printed = askqa("stats", changeable)
    assert printed.returncode in (1, 2)
    assert_one_line(printed, printed.returncode)
    assert key in printed.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"rejected": {"cut": "many"}},
        {"rejected": ["cut"]},
        {"sampling_rate": "high"},
        {"audio_format": {}},
        {"profiles": []},
        {"engines": [{}]},
        {"engines": [{"name": "a", "library": "b", "version": "1", "model": {"x": 1}, "licence": "c"}]},
        {"engines": [{"name": None, "library": "b", "version": "1", "model": None, "licence": "c"}]},
        {"renditions": "two"},
        {"scoring": {"asr": "whisper"}},
        {"scoring": {"asr": {"name": "whisper"}}},
        {"scoring": ["asr"]},
    ],
)
def test_a_manifest_with_something_else(askqa: Run, changeable: Path, changes: dict[str, Any]) -> None:
    write_manifest(changeable, {**manifest(changeable), **changes})
    printed = askqa("stats", changeable)
    assert printed.returncode in (1, 2)
    assert_one_line(printed, printed.returncode)


def test_a_damaged_shard(askqa: Run, changeable: Path) -> None:
    shard = changeable / manifest(changeable)["shards"][0]["file"]
    shard.write_bytes(shard.read_bytes()[:-100])
    assert_one_line(askqa("stats", changeable), 1)
    shard.unlink()
    assert_one_line(askqa("stats", changeable), 1)


def test_a_shard_of_something_else(changeable: Path) -> None:
    shard = changeable / manifest(changeable)["shards"][0]["file"]
    pq.write_table(pa.table({"turns": [1, 2]}), shard)
    with pytest.raises(AskqaError, match=r"damaged|none of askqa's|other rows"):
        stats(changeable)


def test_folders_without_a_finished_dataset(askqa: Run, changeable: Path, tmp_path: Path) -> None:
    assert_one_line(askqa("stats", tmp_path / "missing"), 2)
    (changeable / "askqa.json").unlink()
    assert_one_line(askqa("stats", changeable), 2)


def test_a_second_dataset_is_for_ratings_alone(voiced: Path, recast: Path) -> None:
    with pytest.raises(UsageError, match="--ratings"):
        stats(voiced, against=recast)


def test_help_does_not_wait_for_pandas() -> None:
    code = (
        "import sys; from askqa_builder.cli.app import run; run(['stats', '--help']);"
        "sys.exit(any(name in sys.modules for name in ('pandas', 'pyarrow', 'scipy', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_it_reads_what_lies_elsewhere(voiced: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(voiced, tmp_path / "über uns"))
    assert stats(str(moved)).overview.name == "über uns"
