"""What a finished export proves: each of its files is as it was written, or it is made again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import askqa_here, assert_one_line, digests
from speech_exports import exported, json_lines

import askqa_builder
from askqa_builder.errors import UsageError


@pytest.fixture(scope="module")
def finished(scattered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export with a sound and a file of words for each row."""
    out = tmp_path_factory.mktemp("finished") / "out"
    exported(scattered, out, "moshi")
    return out


def change_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2])


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("train.jsonl", change_a_byte),
        ("README.md", shorten),
        ("audio/*/*/*.wav", Path.unlink),
        ("audio/*/*/*.wav", shorten),
        ("audio/*/*/*.wav", change_a_byte),
        ("audio/*/*/*.json", change_a_byte),
    ],
)
def test_a_damaged_export_is_made_again(
    scattered: Path, finished: Path, tmp_path: Path, file: str, damage: Callable[[Path], None], overwrite: bool
) -> None:
    out = shutil.copytree(finished, tmp_path / "out")
    damage(next(out.glob(file)))
    assert not exported(scattered, out, "moshi", overwrite=overwrite).already_complete
    assert digests(out) == digests(finished)


def test_an_export_that_is_whole_stays(scattered: Path, finished: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}
    for overwrite in (False, True):
        assert exported(scattered, finished, "moshi", overwrite=overwrite).already_complete
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()} == before


def test_words_are_no_sounds(scattered: Path, finished: Path) -> None:
    report = exported(scattered, finished, "moshi")
    assert report.audio_files == len(json_lines(finished / "train.jsonl")) == len(list(finished.rglob("*.wav")))
    audio = json.loads((finished / "askqa-export.json").read_bytes())["audio"]
    assert audio["bytes"] == sum(path.stat().st_size for path in finished.rglob("*.wav"))


def without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.pop(key)


DAMAGES: list[Callable[[dict[str, Any]], Any]] = [
    without("audio"),
    without("splits"),
    without("files"),
    without("format"),
    lambda manifest: manifest["audio"].pop("seconds"),
    lambda manifest: manifest["files"][0].pop("sha256"),
    lambda manifest: manifest["splits"].update(train="many"),
    lambda manifest: manifest.update(files=[]),
    lambda manifest: manifest.update(rejected=None),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_manifest_is_one_line(
    scattered: Path, finished: Path, tmp_path: Path, damage: Callable[[dict[str, Any]], Any]
) -> None:
    out = shutil.copytree(finished, tmp_path / "out")
    manifest = json.loads((out / "askqa-export.json").read_bytes())
    damage(manifest)
    (out / "askqa-export.json").write_text(json.dumps(manifest))
    assert_made_anew(scattered, out, finished)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"format"', "\ufeff\u00e4", "[" * 100_000])
def test_a_manifest_that_is_none(scattered: Path, finished: Path, tmp_path: Path, text: str) -> None:
    out = shutil.copytree(finished, tmp_path / "out")
    (out / "askqa-export.json").write_text(text, "utf-8")
    assert_made_anew(scattered, out, finished)


def assert_made_anew(dataset: Path, out: Path, wanted: Path) -> None:
    """Told in one line, and nothing is touched, until the export may be overwritten."""
    before = digests(out)
    result = askqa_here("export", dataset, out, "--to", "moshi")
    assert_one_line(result, UsageError.exit_code)
    assert "askqa-export.json: not a manifest of an export (" in result.stderr
    assert "make the export anew with --overwrite" in result.stderr
    assert digests(out) == before
    assert askqa_here("export", dataset, out, "--to", "moshi", "--overwrite").returncode == 0
    assert digests(out) == digests(wanted)


def test_what_a_damaged_manifest_still_names_makes_way(scattered: Path, finished: Path, tmp_path: Path) -> None:
    exported(scattered, tmp_path / "out", "rttm")
    shorten(tmp_path / "out" / "askqa-export.json")
    exported(scattered, tmp_path / "out", "moshi", overwrite=True)
    assert digests(tmp_path / "out") == digests(finished)


def test_an_export_is_no_source(finished: Path, tmp_path: Path) -> None:
    result = askqa_here("export", finished, tmp_path / "out", "--to", "trl")
    assert_one_line(result, UsageError.exit_code)
    assert f"{finished} holds an export, no dataset; give what the export was made from" in result.stderr
    assert not (tmp_path / "out").exists()


def test_an_unfinished_export_in_the_way_of_a_build(demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / ".askqa").mkdir(parents=True)
    (tmp_path / "out" / ".askqa" / "export.json").write_text("{}")
    (tmp_path / "out" / "README.md").write_text("of an export")
    with pytest.raises(UsageError, match="holds no dataset of askqa"):
        askqa_builder.build(demo_file, tmp_path / "out", profiles=str(quick_profile), workers=1, overwrite=True)
    assert (tmp_path / "out" / "README.md").exists()
