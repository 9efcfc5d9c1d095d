"""Builds in which each story is narrated once."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from harness import Item, manifest, rows, samples, write_corpus

from askqa_builder import build
from askqa_builder.build.options import BuildOptions
from askqa_builder.build.plan import Plan, make_plan
from askqa_builder.build.recipe import Recipe, make_recipe
from askqa_builder.build.steps import plan_block, utterances_by_engine
from askqa_builder.build.worker import portions
from askqa_builder.corpus.selection import read_corpus
from askqa_builder.corpus.sources import find_sources


@pytest.fixture(scope="module")
def corpus(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each of five stories three times, far from each other; in two splits."""
    items: list[Item] = json.loads(demo_file.read_text("utf-8"))["data"][:5]
    folder = tmp_path_factory.mktemp("corpora") / "stories"
    for split in ("train", "test"):
        asked = []
        for n in range(3):
            for item in copy.deepcopy(items):
                asked.append({**item, "id": f"{split}-{item['id']}-{n}"})
                asked[-1]["target_turn"]["question"] = f"And what of {('one', 'two', 'three')[n]}?"
        write_corpus(folder / f"coqa_abg_{split}.json", asked)
    return folder


@pytest.fixture(scope="module")
def options(quick_profile: Path) -> dict[str, Any]:
    return {"profiles": str(quick_profile), "seed": 3, "share_narration": True}


@pytest.fixture(scope="module")
def dataset(corpus: Path, options: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("datasets") / "shared"
    build(corpus, out, workers=2, **options)
    return out


def planned(corpus: Path, options: dict[str, Any], **more: Any) -> tuple[Plan, Recipe]:
    chosen = BuildOptions(**{**options, **more})
    recipe = make_recipe(chosen)
    conversations = read_corpus(find_sources(corpus, None)).conversations
    return make_plan(conversations, ["train", "test"], recipe, chosen.shard_bytes), recipe


def test_rows_of_one_story_share_its_narration(dataset: Path) -> None:
    """The same voice, length, words and times; only the silence before it is the conversation's own."""
    heard = defaultdict(set)
    for config in ("initial", "clarified"):
        for row in rows(dataset, config):
            story = row["turns"][0]
            times = tuple(round(word["start"] - story["start"], 9) for word in row["words"] if word["turn"] == 0)
            length = round(story["end"] - story["start"], 9)
            key = (row["story_id"], row["conversation_id"].split("-")[0])
            heard[key].add((row["speakers"][0]["voice"], length, story["seed"], times))
    assert len(heard) == 8  # four stories, two of the five conversations have the same
    assert {len(narrations) for narrations in heard.values()} == {1}
    assert manifest(dataset)["share_narration"] is True
    assert "narrated once" in (dataset / "README.md").read_text("utf-8")


def test_a_story_is_spoken_once_in_a_build(corpus: Path, options: dict[str, Any]) -> None:
    plan, recipe = planned(corpus, options, shard_size="1MB")
    stories: list[tuple[str, str]] = []
    for block in plan.blocks:
        takes, _ = plan_block(block, recipe)
        for portion in portions(takes, 10_000.0):  # as fine as can be
            stories += list(dict.fromkeys((take.take.split, take.take.conversation.story_id) for take in portion))
            (utterances,) = utterances_by_engine(portion).values()
            narrations = {part.utterance for take in portion for part in take.turns[0].paragraphs}
            assert len(utterances) == len(set(utterances))
            assert len({one.text for one in narrations}) == len(narrations)
    assert len(stories) == len(set(stories)) == 8
    alone, alone_recipe = planned(corpus, {**options, "share_narration": False}, shard_size="1MB")
    takes = [take for block in alone.blocks for take in plan_block(block, alone_recipe)[0]]
    assert len({part.utterance for take in takes for part in take.turns[0].paragraphs}) >= 30


def test_a_conversation_alone_sounds_as_in_the_whole(
    corpus: Path, options: dict[str, Any], dataset: Path, tmp_path: Path
) -> None:
    items = json.loads((corpus / "coqa_abg_test.json").read_text("utf-8"))["data"]
    alone = write_corpus(tmp_path / "alone_test.json", items[7:8])
    build(alone, tmp_path / "out", workers=1, **options)
    found, whole = samples(tmp_path / "out"), samples(dataset)
    assert found == {identifier: whole[identifier] for identifier in found}


def test_renditions_have_narrators_of_their_own(corpus: Path, options: dict[str, Any]) -> None:
    plan, recipe = planned(corpus, options, profiles="flite", renditions=2)
    voices = defaultdict(set)
    for block in plan.blocks:
        for take in plan_block(block, recipe)[0]:
            narration = take.turns[0].paragraphs[0].utterance
            voices[take.take.split, take.take.conversation.story_id, take.take.rendition].add(narration)
    assert len(voices) == 16
    assert all(len(narrations) == 1 for narrations in voices.values())
    by_rendition = [{n for key, n in voices.items() if key[2] == r for n in n} for r in (0, 1)]
    assert not by_rendition[0] & by_rendition[1]


def test_roles_keep_different_voices(corpus: Path, options: dict[str, Any]) -> None:
    plan, recipe = planned(corpus, options, profiles="flite")
    for block in plan.blocks:
        for take in plan_block(block, recipe)[0]:
            assert len({speaker.voice.name for speaker in take.cast.values()}) == 3
