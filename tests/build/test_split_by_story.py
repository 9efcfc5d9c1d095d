"""Stories in one split and in two, in whole datasets: what is built, counted, said and verified."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from harness import Item, manifest, rejects, rows, write_corpus

from askqa_builder import build
from askqa_builder.build.options import BuildOptions
from askqa_builder.build.run import prepare
from askqa_builder.build.steps import plan_block
from askqa_builder.corpus.grouping import GroupSplit
from askqa_builder.corpus.sources import SPLITS
from askqa_builder.dataset.manifest import read_manifest, write_manifest
from askqa_builder.errors import UsageError
from askqa_builder.filtering.filter import filter_dataset
from askqa_builder.verify.findings import VerifyReport
from askqa_builder.verify.run import verify

SHARES = (0.4, 0.3, 0.3)
HEADING = "## Stories in more than one split"


@pytest.fixture(scope="module")
def corpus(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight short stories for training, six for testing; two are in both, the second also in other capitals."""
    clear = next(
        item for item in json.loads(demo_file.read_text("utf-8"))["data"] if item["ambiguity"] == "non_ambiguous"
    )

    def item(name: str, number: int, source: str) -> Item:
        story = f"This is the short story number {number}. It ends here."
        return {**copy.deepcopy(clear), "id": f"{name}-{number}", "story": story, "source": source, "history_turns": []}

    folder = tmp_path_factory.mktemp("corpora") / "shared"
    train, test = [item("a", i, "mctest") for i in range(8)], [item("b", i, "cnn") for i in range(6, 12)]
    test[1]["story"] = test[1]["story"].upper()
    write_corpus(folder / "coqa_abg_train.json", [{**train[0], "id": "broken", "story": " "}, *train])
    write_corpus(folder / "coqa_abg_test.json", [*test, {**test[0], "target_turn": {}, "id": "spoilt"}])
    return folder


@pytest.fixture(scope="module")
def by_file(corpus: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("datasets") / "by-file"
    build(corpus, out, profiles=str(quick_profile), stages="initial", workers=1)
    return out


@pytest.fixture(scope="module")
def by_story(corpus: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("datasets") / "by-story"
    build(corpus, out, profiles=str(quick_profile), stages="initial", workers=1, group_split="0.4,0.3,0.3")
    return out


def splits_of(dataset: Path) -> dict[str, set[str]]:
    """The splits in which each story is heard."""
    heard: dict[str, set[str]] = {}
    for shard in manifest(dataset)["shards"]:
        for story in pq.read_table(dataset / shard["file"], columns=["story_id"])["story_id"].to_pylist():
            heard.setdefault(story, set()).add(shard["split"])
    return heard


def changed(dataset: Path, out: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Copy a dataset with another manifest, written by whom it should be."""
    shutil.copytree(dataset, out)
    content = read_manifest(out)
    assert content is not None
    change(content)
    write_manifest(out, content)
    return out


def found(report: VerifyReport) -> list[tuple[str, str, str]]:
    return [(finding.check, finding.measured, finding.wanted) for finding in report.findings]


def test_stories_in_two_splits_are_counted_and_told(by_file: Path) -> None:
    assert sorted(map(len, splits_of(by_file).values())) == [1] * 10 + [2] * 2
    assert manifest(by_file)["stories_in_two_splits"] == 2
    card = (by_file / "README.md").read_text("utf-8")
    said = " ".join(card.partition(HEADING)[2].partition("## ")[0].split())
    assert said.startswith("2 stories are heard in more than one split, in 4 rows (column `story_id`).")
    assert "`--group-split`" in said
    assert "\n\n\n" not in card


def test_split_by_story_has_none(by_story: Path) -> None:
    grouping = GroupSplit(SHARES, 0)
    assert splits_of(by_story) == {story: {grouping.split_of(story)} for story in splits_of(by_story)}
    assert len(splits_of(by_story)) == 12
    listed = manifest(by_story)
    assert listed["stories_in_two_splits"] == 0
    assert listed["selection"]["group_split"] == {"shares": list(SHARES), "seed": 0, "only": None}
    card = (by_story / "README.md").read_text("utf-8")
    assert HEADING not in card
    assert "train 0.4, validation 0.3, test 0.3 of the stories, each whole in one split (drawn with seed 0)" in card


def test_the_same_conversations_sound_the_same_in_other_splits(by_file: Path, by_story: Path) -> None:
    sounds = [{row["id"]: row["pcm_sha256"] for row in rows(dataset, "initial")} for dataset in (by_file, by_story)]
    assert len(sounds[0]) == 14
    assert sounds[0] == sounds[1]


def test_rejects_are_in_the_order_of_the_sources(by_story: Path) -> None:
    assert [(reject["id"], reject["file"]) for reject in rejects(by_story)] == [
        ("broken", "coqa_abg_train.json"),
        ("spoilt", "coqa_abg_test.json"),
    ]


def test_verify_divides_the_source_alike(by_file: Path, by_story: Path, corpus: Path) -> None:
    for dataset in (by_file, by_story):
        assert found(verify(dataset, source=corpus, workers=1)) == []


def test_verify_counts_again(by_file: Path, tmp_path: Path) -> None:
    spoilt = changed(by_file, tmp_path / "spoilt", lambda content: content.update(stories_in_two_splits=0))
    assert found(verify(spoilt, workers=1)) == [("manifest", "stories_in_two_splits 0", "2")]
    older = changed(by_file, tmp_path / "older", lambda content: content.pop("stories_in_two_splits"))
    assert found(verify(older, workers=1)) == []


def test_a_filtered_dataset_is_counted_anew(by_file: Path, tmp_path: Path) -> None:
    filter_dataset(by_file, tmp_path / "kept", where="source == 'cnn'")
    assert manifest(tmp_path / "kept")["stories_in_two_splits"] == 0
    assert HEADING not in (tmp_path / "kept" / "README.md").read_text("utf-8")
    assert found(verify(tmp_path / "kept", workers=1)) == []


def options(quick_profile: Path, **more: Any) -> BuildOptions:
    return BuildOptions(**{"profiles": str(quick_profile), "group_split": SHARES, **more})


def test_it_is_another_build(corpus: Path, quick_profile: Path) -> None:
    variants: tuple[Mapping[str, Any], ...] = (
        {"group_split": None},
        {},
        {"group_split": "0.5,0.2,0.3"},
        {"split": "train"},
    )
    digests = [prepare(corpus, options(quick_profile, **more)).config_digest for more in variants]
    assert len(set(digests)) == len(variants)
    assert prepare(corpus, options(quick_profile, group_split="0.40, 0.3,0.30")).config_digest == digests[1]


def test_one_split_alone_has_the_shards_that_it_has_among_others(corpus: Path, quick_profile: Path) -> None:
    whole = prepare(corpus, options(quick_profile)).plan
    for split in SPLITS:
        alone = prepare(corpus, options(quick_profile, split=split)).plan
        assert [take for take in whole.takes if take.split == split] == list(alone.takes)
        assert {shard.split for shard in alone.shards} == {split}


def test_blocks_lie_in_one_split(corpus: Path, quick_profile: Path) -> None:
    plan = prepare(corpus, options(quick_profile, renditions=2)).plan
    order = [take.split for take in plan.takes]
    assert order == sorted(order, key=SPLITS.index)
    assert len(order) == 28
    assert all(len({take.split for take in block.takes}) == 1 for block in plan.blocks)
    assert [shard.split for shard in plan.shards] == list(SPLITS)


def test_disjoint_voices_follow_the_new_splits(corpus: Path, tmp_path: Path) -> None:
    pytest.importorskip("espeakng_loader")
    profile = tmp_path / "disjoint.yaml"
    role = "{voices: ['en-us+m?', 'en-us+f?'], rate: 1.0, pitch: 0.0}"
    profile.write_text(
        f"engine: espeak\nvoice_split: disjoint\nroles: {{narrator: {role}, user: {role}, assistant: {role}}}\n"
    )
    job = prepare(corpus, BuildOptions(profiles=str(profile), group_split=SHARES))
    voices: dict[str, set[str]] = {split: set() for split in SPLITS}
    for block in job.plan.blocks:
        planned, _ = plan_block(block, job.recipe)
        for take in planned:
            voices[take.take.split] |= {speaker.voice.name for speaker in take.cast.values()}
    assert all(voices.values())
    assert not voices["train"] & voices["test"] | voices["train"] & voices["validation"]
    assert not voices["test"] & voices["validation"]


@pytest.mark.parametrize(
    ("more", "said"),
    [({"split": "dev"}, "unknown split"), ({"group_split": "1,0,0", "split": "test"}, "test has no share"),
     ({"group_split": "1,2"}, "sum to 1")],
)  # fmt: skip
def test_wrong_usage(quick_profile: Path, more: Mapping[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        options(quick_profile, **more)
