"""An engine's failures cost the conversation or the row they concern, and nothing else."""

from __future__ import annotations

import copy
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from harness import (
    Item,
    digests,
    install_engine,
    loaded_rows,
    manifest,
    rejects,
    rows,
    run_askqa,
    samples,
    write_corpus,
)

MARKED = Path(__file__).parent / "marked_engine.py"

STORY = "Mara polishes the lamp of the lighthouse every evening while her brother waits."


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables under which the engine `marked` is installed, in worker processes too."""
    site = tmp_path_factory.mktemp("site")
    install_engine(site, MARKED, "MarkedEngine")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))}


@pytest.fixture(scope="module")
def profile(quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profiles") / "marked.yaml"
    path.write_text(quick_profile.read_text("utf-8").replace("engine: flite", "engine: marked"))
    return path


@pytest.fixture(scope="module")
def healthy(demo_file: Path) -> list[Item]:
    """Short conversations, so that several share a block; the first and the last two are ambiguous."""
    items = json.loads(demo_file.read_text("utf-8"))["data"]
    ambiguous = [item for item in items if "clarification_turn_2" in item]
    chosen = [ambiguous[0], *(item for item in items if item not in ambiguous), *ambiguous[1:3]]
    return [{**item, "story": STORY, "history_turns": item["history_turns"][:1]} for item in chosen]


def poisoned(item: Item, marker: str) -> Item:
    item = copy.deepcopy(item)
    item["id"] = f"poisoned-{marker}"
    item["target_turn"]["question"] = f"What did {marker} do?"
    return item


def run(corpus: Path, out: Path, profile: Path, environment: dict[str, str]) -> Any:
    arguments = ("build", corpus, out, "--profiles", profile, "--workers", "2")
    return run_askqa(*arguments, env=environment)


def test_a_repair_keeps_what_was_left_out(
    healthy: list[Item], profile: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    items = [*healthy[:2], poisoned(healthy[1], "markererror"), *healthy[2:]]
    items[0] = copy.deepcopy(items[0])
    items[0]["clarification_turn"]["answers"][0]["clr_ans"] = "The markererror one"
    corpus, out = write_corpus(tmp_path / "some_test.json", items), tmp_path / "out"
    arguments = ("build", corpus, out, "--profiles", profile, "--shard-size", "400KB", "--renditions", "2")
    assert run_askqa(*arguments, env=environment).returncode == 3
    before = digests(out)
    assert len(rejects(out)) == 4
    shards = sorted(out.glob("data/initial/*.parquet"))
    assert len(shards) > 3
    for lost in (shards[-1], shards[0], out / "rejected.jsonl"):
        lost.unlink()
        assert run_askqa(*arguments, env=environment).returncode == 3
        assert digests(out) == before


def test_each_failure_rejects_its_own_item(
    healthy: list[Item], profile: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    markers = ("raise", "kill", "error", "silence", "hang", "speech", "nan")
    items = list(healthy)
    for place, marker in enumerate(markers):
        items.insert(1 + 2 * place if marker != "hang" else 4, poisoned(healthy[1], f"marker{marker}"))
    branches = items[0]["clarification_turn"]["answers"]
    assert len(branches) == 2
    spoilt = copy.deepcopy(items)
    spoilt[0]["clarification_turn"]["answers"][0]["clr_ans"] = "The markererror one"

    whole, rest = tmp_path / "whole", tmp_path / "rest"
    with ThreadPoolExecutor(2) as pool:  # the first one mostly waits for the hanging workers
        first = pool.submit(run, write_corpus(tmp_path / "whole_test.json", spoilt), whole, profile, environment)
        second = pool.submit(run, write_corpus(tmp_path / "rest_test.json", healthy), rest, profile, environment)
    assert first.result().returncode == 3, first.result().stderr
    assert "Traceback" not in first.result().stderr, first.result().stderr
    assert second.result().returncode == 0, second.result().stderr

    found = rejects(whole)
    wanted = [f"{healthy[0]['id']}#clarified-0", *(item["id"] for item in items if "poisoned" in item["id"])]
    assert [reject["id"] for reject in found] == wanted
    assert [reject["index"] for reject in found] == [
        0,
        *(i for i, item in enumerate(items) if "poisoned" in item["id"]),
    ]
    assert {reject["stage"] for reject in found} == {"speak"}
    reasons = {reject["id"].rpartition("marker")[2]: (reject["reason"], reject["detail"]) for reject in found}
    for marker, (reason, told) in {
        "raise": ("unspeakable", "RuntimeError: lost its voice"),
        "speech": ("unspeakable", "hoarse"),
        "error": ("unspeakable", "has a cold"),
        "silence": ("unspeakable", "silence"),
        "nan": ("unspeakable", ""),
        "kill": ("engine_crashed", "exit code -9"),
        "hang": ("engine_crashed", "no answer in time"),
    }.items():
        assert reasons[marker][0] == reason, marker
        assert told in reasons[marker][1]
    assert manifest(whole)["rejected"] == {"engine_crashed": 2, "unspeakable": 6}

    spoken, undisturbed = samples(whole), samples(rest)
    assert undisturbed.keys() - spoken.keys() == {wanted[0]}
    assert spoken == {row_id: undisturbed[row_id] for row_id in spoken}
    assert next(row["id"] for row in rows(whole, "clarified")) == f"{healthy[0]['id']}#clarified-1"
    assert not [path for path in digests(whole) if path.startswith(".")]
    assert run(tmp_path / "whole_test.json", whole, profile, environment).returncode == 3


def test_a_dataset_may_lose_all_its_rows(
    healthy: list[Item], profile: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """All are rejected on speaking: the planned shards are there, without rows."""
    items = [poisoned(item, "markererror") | {"id": item["id"]} for item in healthy[:2]]
    out = tmp_path / "empty"
    result = run(write_corpus(tmp_path / "all_test.json", items), out, profile, environment)
    assert result.returncode == 3, result.stderr
    assert [reject["id"] for reject in rejects(out)] == [item["id"] for item in items]
    assert {(shard["config"], shard["rows"]) for shard in manifest(out)["shards"]} == {("initial", 0), ("clarified", 0)}
    assert loaded_rows(out, tmp_path, streaming=True) == {"initial": 0, "clarified": 0}
