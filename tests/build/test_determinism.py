from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from harness import digests, rejects, samples, write_corpus

from askqa_builder import build


def test_number_of_workers_does_not_change_a_byte(by_one_worker: tuple[Path, Any], undisturbed: Path) -> None:
    found = digests(by_one_worker[0])
    assert found == digests(undisturbed)
    assert {"README.md", "askqa.json", "rejected.jsonl"} < found.keys()


def test_rejects_stand_in_the_order_of_the_source(undisturbed: Path) -> None:
    found = [(reject["index"], reject["stage"], reject["reason"]) for reject in rejects(undisturbed)]
    assert [index for index, _, _ in found] == [20, 30]
    assert {stage for _, stage, _ in found} == {"read"}


def test_samples_depend_on_the_conversation_alone(
    large_corpus: Path, quick_profile: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """A file of one item, with other neighbours, shards and blocks, gives the same recordings."""
    items = json.loads(large_corpus.read_text("utf-8"))["data"]
    full = samples(undisturbed)
    alone = write_corpus(tmp_path / "alone_test.json", [items[25]])
    build(alone, tmp_path / "alone", profiles=str(quick_profile), seed=11, workers=1)
    first = tmp_path / "first"
    build(large_corpus, first, profiles=str(quick_profile), seed=11, workers=1, limit=1, stages=("initial",))
    for dataset, item in ((tmp_path / "alone", items[25]), (first, items[0])):
        own = samples(dataset)
        assert own
        assert {row_id.split("#")[0] for row_id in own} == {item["id"]}
        assert own == {row_id: full[row_id] for row_id in own}


def test_another_seed_gives_other_samples(
    large_corpus: Path, quick_profile: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "reseeded"
    build(large_corpus, out, profiles=str(quick_profile), seed=12, workers=1, limit=2)
    own, full = samples(out), samples(undisturbed)
    assert own.keys() < full.keys()
    assert not {row_id for row_id in own if own[row_id] == full[row_id]}


def test_recordings_of_a_dataset_differ_from_each_other(undisturbed: Path) -> None:
    """The digests compared above tell recordings apart."""
    found = samples(undisturbed)
    assert len(found) == pytest.approx(78, abs=12)
    assert len(set(found.values())) == len(found)
