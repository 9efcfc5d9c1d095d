"""Splits stay splits: what an example borrows is of a story of its own split."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from storybook import write_storybook
from task_sets import examples_of, facts, rows_by_id

from askqa_builder import build, tasks
from askqa_builder.cli.app import run
from askqa_builder.errors import UsageError
from askqa_builder.tasks.heard_row import plain

SPLITS = ("train", "validation", "test")


def texts_of(dataset: Path) -> dict[str, dict[str, str]]:
    """What is said and what is answered in each story of each split, in plain words."""
    found: dict[str, dict[str, str]] = {split: {} for split in SPLITS}
    for row in rows_by_id(dataset).values():
        branches = [answer for asked in row["clarifications"] for way in asked["branches"] for answer in way["answers"]]
        texts = [*(turn["text"] for turn in row["turns"]), *row["response"]["references"], *branches]
        stories = found[row["split"]]
        stories[row["story_id"]] = stories.get(row["story_id"], "|") + "".join(f" {plain(text)} |" for text in texts)
    return found


def test_no_story_is_in_two_splits(examples_made: Path) -> None:
    stories = [{one["story_id"] for one in examples_of(examples_made, split)} for split in SPLITS]
    assert len(set.union(*stories)) == sum(map(len, stories)) == 24
    sounds = [{file["path"] for one in examples_of(examples_made, split) for file in one["audio"]} for split in SPLITS]
    assert len(set.union(*sounds)) == sum(map(len, sounds))
    assert all(
        path.startswith(f"audio/{split}/") for split, paths in zip(SPLITS, sounds, strict=True) for path in paths
    )


@pytest.mark.parametrize(
    ("kind", "borrowed"),
    [
        ("said", lambda one: [facts(one)["phrase"]]),
        ("statement", lambda one: [facts(one)["question"], facts(one)["answer"]]),
        ("reading", lambda one: [facts(one)["answer"]]),
        ("continuation", lambda one: facts(one)["options"]),
    ],
)
def test_what_is_borrowed_is_of_the_same_split(
    storybook: Path, examples_made: Path, kind: str, borrowed: object
) -> None:
    texts = texts_of(storybook)
    foreign, only_here = 0, 0
    for split in SPLITS:
        for one in examples_of(examples_made, split, kind=kind):
            own = texts[split][one["story_id"]]
            for text in borrowed(one):  # type: ignore[operator]
                wanted = f" {plain(text)} "
                assert any(wanted in there for there in texts[split].values()), (one["id"], text)
                foreign += wanted not in own
                only_here += not any(wanted in there for s in SPLITS if s != split for there in texts[s].values())
    assert only_here > 10 or kind == "reading"  # else what another split lends would not be seen
    assert foreign > 10 or kind in ("reading", "continuation")  # those are of the same story, as far as can be


def test_lent_questions_are_of_one_other_story(storybook: Path, examples_made: Path) -> None:
    """What is not told is another story's question, and nothing else is."""
    rows = rows_by_id(storybook)
    own, lent = set(), set()
    for one in examples_of(examples_made, kind="statement"):
        asked = [turn["text"] for turn in rows[one["row_id"]]["turns"] if turn["act"] == "question"][-1]
        (own if facts(one)["question"] == asked else lent).add(facts(one)["question"])
        assert (one["label"] == "not told") is (facts(one)["question"] != asked)
    assert len(own) > 10
    assert len(lent) > 5


def test_stories_of_two_splits_stay_in_the_test_set(
    quick_profile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = write_storybook(tmp_path / "texts")
    (texts / "storybook_val.json").unlink()
    shared = json.loads((texts / "storybook_test.json").read_text("utf-8"))
    own = json.loads((texts / "storybook_train.json").read_text("utf-8"))
    copies = [{**item, "id": f"train-{item['id']}"} for item in shared["data"][:4]]
    train = {**own, "data": [*copies, *own["data"][:8]]}
    (texts / "storybook_train.json").write_text(json.dumps(train), "utf-8")
    dataset, out = tmp_path / "spoken", tmp_path / "out"
    build(texts, dataset, profiles=str(quick_profile), stages="initial", limit=8, workers=1)
    rows = rows_by_id(dataset).values()
    twice = {row["story_id"] for row in rows if row["split"] == "train" and row["id"].startswith("train-")}
    assert run(["tasks", str(dataset), str(out)]) == 0
    assert f"stories in several splits: {len(twice)};" in capsys.readouterr().out
    of_train, of_test = examples_of(out, "train"), examples_of(out, "test")
    assert of_train
    assert not twice & {one["story_id"] for one in of_train}
    assert twice <= {one["story_id"] for one in of_test}
    texts_there = {plain(row["story"]) for row in rows if row["story_id"] in twice}
    phrases = [plain(facts(one)["phrase"]) for one in of_train if one["kind"] == "said"]
    assert not [phrase for phrase in phrases if any(f" {phrase} " in f" {story} " for story in texts_there)]
    assert run(["tasks", str(dataset), str(out), "--check"]) == 0


def test_what_is_of_another_kind_is_never_overwritten(demo_dataset: Path, demo_file: Path, tmp_path: Path) -> None:
    dataset, out = tmp_path / "dataset", tmp_path / "out"
    shutil.copytree(demo_dataset, dataset)
    tasks(demo_dataset, out, tasks=["response"])
    with pytest.raises(UsageError, match="holds a dataset"):
        tasks(demo_dataset, dataset, tasks=["response"], overwrite=True)
    with pytest.raises(UsageError, match="holds a set of task examples"):
        build(demo_file, out, overwrite=True)
    assert (dataset / "askqa.json").read_bytes() == (demo_dataset / "askqa.json").read_bytes()
    assert (out / "askqa.json").exists()
