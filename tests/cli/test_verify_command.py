"""`askqa verify` as a user types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from harness import assert_one_line, run_askqa

from askqa_builder.cli.app import run
from askqa_builder.dataset.manifest import read_manifest, write_manifest
from askqa_builder.dataset.shard import write_shard


@pytest.fixture
def spoilt(demo_dataset: Path, tmp_path: Path) -> Path:
    """A dataset with a row whose id is not as it must be, and would colour the terminal."""
    out = shutil.copytree(demo_dataset, tmp_path / "spoilt")
    manifest = read_manifest(out)
    assert manifest is not None
    shard = manifest["shards"][0]
    table = pq.read_table(out / shard["file"])
    rows = table.to_pylist()
    rows[0]["id"] = "\x1b[31mred\x07\u202e"
    batches = type(table).from_pylist(rows, table.schema).to_batches()
    record = write_shard(out, shard["file"], batches, config=shard["config"], split=shard["split"], sampling_rate=16000)
    shard.update(record.to_json())
    write_manifest(out, manifest)
    return out


def test_a_clean_dataset(demo_dataset: Path, demo_file: Path) -> None:
    done = run_askqa("verify", demo_dataset, "--source", demo_file)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.endswith("nothing wrong found")
    assert done.stderr == ""


def test_findings_as_a_table(spoilt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(spoilt), "--workers", "1"]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == ["check", "row", "turn", "measured", "wanted"]
    assert "\\x1b[31mred\\x07\\u202e" in out
    assert all(c.isprintable() or c == "\n" for c in out)
    assert out.splitlines()[-1].endswith("2 id")


def test_findings_as_json(spoilt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(spoilt), "--json", "--workers", "1"]) == 1
    out = capsys.readouterr().out
    assert out.isascii()
    report = json.loads(out)
    assert report["counts"] == {"id": 2}
    assert report["findings"][0]["row"] == "\x1b[31mred\x07\u202e"
    assert set(report["findings"][0]) == {"check", "file", "row", "turn", "measured", "wanted"}


def test_wrong_usage(tmp_path: Path, demo_dataset: Path) -> None:
    assert_one_line(run_askqa("verify", tmp_path), 2)
    assert_one_line(run_askqa("verify", tmp_path / "nowhere"), 2)
    assert_one_line(run_askqa("verify", demo_dataset, "--workers", "0"), 2)
    assert_one_line(run_askqa("verify", demo_dataset, "--source", tmp_path / "nowhere.json"), 2)
    (tmp_path / "askqa.json").write_text("{}", "utf-8")
    assert_one_line(run_askqa("verify", tmp_path), 2)
    (tmp_path / "askqa.json").write_text("not json", "utf-8")
    assert_one_line(run_askqa("verify", tmp_path), 2)
