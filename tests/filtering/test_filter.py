"""Filtering: which rows are kept, what is said of the others, and that the result is a dataset like any other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from harness import (
    askqa_here,
    assert_one_line,
    digests,
    kill_group,
    loaded_rows,
    manifest,
    rows,
    run_askqa,
    started_askqa,
)

import askqa_builder
from askqa_builder.dataset.manifest import write_manifest
from askqa_builder.dataset.reading import find_row
from askqa_builder.dataset.schema import row_schema
from askqa_builder.dataset.scores import mark
from askqa_builder.dataset.shard import write_shard
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.filtering import filter as module

CONFIGS = ("initial", "clarified")
LISTENER = {"name": "hand", "version": "1", "model": "none", "licence": "none"}
WORST = {"initial": 3, "clarified": 5}
"""Places of rows in which one turn is scored badly."""


@pytest.fixture(scope="session")
def marked(demo_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo dataset with scores written by hand: wer 0.1 everywhere, 0.9 in WORST; mos 3 or 4."""
    out = Path(shutil.copytree(demo_dataset, tmp_path_factory.mktemp("datasets") / "marked"))
    content = manifest(out)
    for place, entry in enumerate(content["shards"]):
        table = pq.read_table(out / entry["file"])
        scored = table.to_pylist()
        for number, row in enumerate(scored):
            for turn in row["turns"]:
                turn |= {"asr_text": "heard", "wer": 0.1, "mos": 3.0 + number % 2}
            row["turns"][0]["wer"] = None
            if number == WORST[entry["config"]]:
                row["turns"][1]["wer"] = 0.9
        scored_table = type(table).from_pylist(scored, schema=row_schema(16000))
        record = write_shard(
            out,
            entry["file"],
            scored_table.to_batches(),
            config=entry["config"],
            split=entry["split"],
            sampling_rate=16000,
        )
        content["shards"][place] = {**record.to_json(), "scored": {"asr": mark(LISTENER), "mos": mark(LISTENER)}}
    voice = {"engine": "flite", "voice": "kal16", "turns": 1, "baseline": 0.1, "p90": 0.1, "far_above": 1, "mos": 3.0}
    write_manifest(out, {**content, "scoring": {"asr": LISTENER, "mos": LISTENER, "voices": [voice]}})
    return out


def all_rows(dataset: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for config in CONFIGS for row in rows(dataset, config)}


def rejected(dataset: Path) -> list[dict[str, Any]]:
    path = dataset / "rejected.jsonl"
    return [json.loads(line) for line in path.read_text("ascii").splitlines()] if path.exists() else []


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ({"max_wer": 0.5}, "wer_above_maximum"),
        ({"max_wer_over_baseline": 0.5}, "wer_above_baseline"),
        ({"min_mos": 3.5}, "mos_below_minimum"),
        ({"where": "duration < 25"}, "where"),
    ],
)
def test_each_row_is_kept_or_told(marked: Path, tmp_path: Path, conditions: dict[str, Any], reason: str) -> None:
    out = tmp_path / "out"
    report = askqa_builder.filter(marked, out, **conditions)
    before, after = all_rows(marked), all_rows(out)
    told = rejected(out)
    assert {entry["id"] for entry in told} | after.keys() == before.keys()
    assert len(told) + len(after) == len(before)
    assert all(after[name] == before[name] for name in after)
    assert {(entry["stage"], entry["reason"]) for entry in told} == {("filter", reason)}
    assert report.kept == len(after) > 0
    assert report.rejected == {reason: len(told)}
    assert manifest(out)["rejected"] == {reason: len(told)}
    for entry in told:
        table = pq.read_table(marked / entry["file"], columns=["id"])
        assert table.column("id")[entry["index"]].as_py() == entry["id"]
    for name in after:
        assert find_row(out, name)["audio"] == find_row(marked, name)["audio"]


def test_a_bad_turn_costs_its_own_row(marked: Path, tmp_path: Path) -> None:
    askqa_builder.filter(marked, tmp_path / "out", max_wer=0.5)
    told = rejected(tmp_path / "out")
    assert [entry["index"] for entry in told] == [WORST["initial"], WORST["clarified"]]
    assert all("turn 1" in entry["detail"] and "wer 0.900, allowed 0.5" in entry["detail"] for entry in told)


def test_all_conditions_have_to_hold(marked: Path, tmp_path: Path) -> None:
    askqa_builder.filter(marked, tmp_path / "out", max_wer=0.5, min_mos=3.5, where="stage == 'initial'")
    kept = all_rows(tmp_path / "out")
    assert {row["stage"] for row in kept.values()} == {"initial"}
    assert 0 < len(kept) < 7
    assert {entry["reason"] for entry in rejected(tmp_path / "out")} == {
        "where",
        "wer_above_maximum",
        "mos_below_minimum",
    }


def test_the_result_is_a_dataset_like_any_other(marked: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    askqa_builder.filter(marked, out, max_wer=0.5)
    assert loaded_rows(out, tmp_path) == {"initial": 12, "clarified": 12}
    content = manifest(out)
    for entry in content["shards"]:
        assert entry["sha256"] == digests(out)[entry["file"]]
        assert entry["rows"] == 12
    assert content["filters"][0]["max_wer"] == 0.5
    assert content["config_digest"] != manifest(marked)["config_digest"]
    card = (out / "README.md").read_text("utf-8")
    assert "| filtered | max wer 0.5 |" in card
    assert "| initial | test | 12 |" in card
    assert not (out / ".askqa").exists()
    again = tmp_path / "again"
    askqa_builder.filter(out, again, where="duration < 25")
    assert [entry["where"] for entry in manifest(again)["filters"]] == [None, "duration < 25"]
    assert {entry["reason"] for entry in rejected(again)} == {"wer_above_maximum", "where"}


def test_the_same_conditions_give_the_same_bytes(marked: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        askqa_builder.filter(marked, tmp_path / name, max_wer=0.5, where="duration < 30")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert askqa_builder.filter(marked, tmp_path / "one", max_wer=0.5, where="duration < 30").already_complete
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


@pytest.mark.parametrize("step", ["write_rejected", "write_card", "write_manifest"])
def test_a_kill_changes_nothing(marked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    askqa_builder.filter(marked, tmp_path / "undisturbed", max_wer=0.5)
    with monkeypatch.context() as patched:
        patched.setattr(module, step, killed)
        with pytest.raises(KilledError):
            askqa_builder.filter(marked, tmp_path / "killed", max_wer=0.5)
    assert (tmp_path / "killed" / ".askqa").is_dir()
    with pytest.raises(UsageError, match="other settings"):
        askqa_builder.filter(marked, tmp_path / "killed", max_wer=0.6)
    askqa_builder.filter(marked, tmp_path / "killed", max_wer=0.5)
    assert digests(tmp_path / "killed") == digests(tmp_path / "undisturbed")


def test_a_process_killed_at_once_changes_nothing(marked: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        with started_askqa("filter", marked, out, "--max-wer", "0.5") as process:
            while process.poll() is None and not list(out.glob("data/**/*.parquet")):
                pass
            kill_group(process)
    assert run_askqa("filter", marked, out, "--max-wer", "0.5").returncode == 0
    askqa_builder.filter(marked, tmp_path / "undisturbed", max_wer=0.5)
    assert digests(out) == digests(tmp_path / "undisturbed")


def test_nothing_kept_is_a_dataset_too(marked: Path, tmp_path: Path) -> None:
    report = askqa_builder.filter(marked, tmp_path / "out", where="duration < 0")
    assert report.kept == 0
    assert len(rejected(tmp_path / "out")) == 26


def test_the_command_tells_what_it_did(marked: Path, tmp_path: Path) -> None:
    result = run_askqa("filter", marked, tmp_path / "out", "--max-wer", "0.5", "--where", "duration < 1000")
    assert result.returncode == 0, result.stderr
    assert "kept 24 of 26 rows" in result.stdout
    assert "2 wer_above_maximum" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to filter by"),
        (["--max-wer", "-1"], "max wer"),
        (["--max-wer", "nan"], "max wer"),
        (["--min-mos", "inf"], "min mos"),
        (["--where", "durations < 1"], "close: duration"),
    ],
)
def test_wrong_usage_is_told_in_one_line(marked: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    result = askqa_here("filter", marked, tmp_path / "out", *arguments)
    assert_one_line(result, 2)
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_scores_that_are_not_there_are_asked_for(demo_dataset: Path, tmp_path: Path) -> None:
    for conditions in ({"max_wer": 0.5}, {"max_wer_over_baseline": 0.5}, {"min_mos": 3.0}):
        with pytest.raises(UsageError, match="askqa score"):
            askqa_builder.filter(demo_dataset, tmp_path / "out", **conditions)
    assert not (tmp_path / "out").exists()


def test_folders_must_lie_apart(marked: Path, tmp_path: Path) -> None:
    before = digests(marked)
    for out in (marked, marked / "data", marked.parent):
        with pytest.raises(UsageError, match="lie in each other"):
            askqa_builder.filter(marked, out, max_wer=0.5)
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="not empty"):
        askqa_builder.filter(marked, tmp_path, max_wer=0.5)
    assert digests(marked) == before


def test_a_damaged_shard_is_not_passed_on(marked: Path, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(marked, tmp_path / "damaged"))
    file = damaged / manifest(damaged)["shards"][0]["file"]
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    file.write_bytes(data)
    with pytest.raises(AskqaError, match="not as it was written"):
        askqa_builder.filter(damaged, tmp_path / "out", max_wer=0.5)
