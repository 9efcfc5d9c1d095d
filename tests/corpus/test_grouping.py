from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from askqa_builder.corpus.grouping import GroupSplit, parse_shares
from askqa_builder.corpus.selection import Corpus, read_corpus
from askqa_builder.corpus.sources import SPLITS, find_sources
from askqa_builder.errors import UsageError

from corpus.reader import Item

MANY = [f"story {i}" for i in range(20_000)]
THIRDS = (1 / 3, 1 / 3, 1 / 3)


class TestShares:
    @pytest.mark.parametrize(
        ("given", "shares"),
        [
            ("0.8,0.1,0.1", (0.8, 0.1, 0.1)),
            (" .5 , 0.25,0.25", (0.5, 0.25, 0.25)),
            ("0.9,0.1", (0.9, 0.1, 0.0)),
            ("0,0,1", (0.0, 0.0, 1.0)),
            ("0.3333333,0.3333333,0.3333334", (0.3333333, 0.3333333, 0.3333334)),
            ([0.8, 0.2], (0.8, 0.2, 0.0)),
            (THIRDS, THIRDS),
        ],
    )
    def test_what_is_read(self, given: Any, shares: tuple[float, ...]) -> None:
        assert parse_shares(given) == shares

    @pytest.mark.parametrize(
        "given",
        ["", "1", "0.8,0.1", "0.8,0.1,0.2", "1.1,-0.1", "0.8;0.1;0.1", "nan,0.5,0.5", "0.25,0.25,0.25,0.25", "1,0,",
         "0.8,0.1,0.1x", "1e0,0", [True, 0.0], [math.nan, 1.0], ["1", 0.0, None], [math.inf, -math.inf, 1.0]],
    )  # fmt: skip
    def test_what_is_refused(self, given: Any) -> None:
        with pytest.raises(UsageError, match=r"group split: .*not allowed; give the shares") as raised:
            parse_shares(given)
        assert str(raised.value).isprintable()

    def test_a_split_must_have_a_share(self) -> None:
        with pytest.raises(UsageError, match="test has no share"):
            GroupSplit((0.9, 0.1, 0.0), 0, "test")
        with pytest.raises(UsageError, match='unknown split "dev"'):
            GroupSplit((0.8, 0.1, 0.1), 0, "dev")


class TestStories:
    def test_a_storys_split_stays_what_it_was(self) -> None:
        """Datasets made in parts, at other times, must fit together."""
        grouping = GroupSplit((0.5, 0.25, 0.25), 7)
        wanted = "train train train valid valid train train train valid test train test"
        assert [grouping.split_of(f"{i:016x}")[:5] for i in range(12)] == wanted.split()

    def test_shares_are_met_as_promised(self) -> None:
        counts = Counter(map(GroupSplit((0.8, 0.15, 0.05), 3).split_of, MANY))
        for split, share in zip(SPLITS, (0.8, 0.15, 0.05), strict=True):
            deviation = math.sqrt(len(MANY) * share * (1 - share))
            assert abs(counts[split] - len(MANY) * share) < 4 * deviation

    def test_a_split_without_share_gets_nothing(self) -> None:
        for shares in ((0.5, 0.0, 0.5), (0.5, 0.5 - 9e-7, 0.0), (0.0, 1.0, 0.0)):
            grouping = GroupSplit(shares, 1)
            assert set(map(grouping.split_of, MANY)) == {s for s, share in zip(SPLITS, shares, strict=True) if share}
            assert grouping.splits == tuple(s for s, share in zip(SPLITS, shares, strict=True) if share)

    def test_more_training_takes_from_the_others_only(self) -> None:
        small, large = GroupSplit((0.6, 0.2, 0.2), 5), GroupSplit((0.7, 0.2, 0.1), 5)
        assert all(large.split_of(story) == "train" for story in MANY if small.split_of(story) == "train")

    def test_another_seed_is_another_division(self) -> None:
        one, other = GroupSplit((0.5, 0.5, 0.0), 0), GroupSplit((0.5, 0.5, 0.0), 1)
        moved = sum(one.split_of(story) != other.split_of(story) for story in MANY)
        assert 0.48 < moved / len(MANY) < 0.52


@pytest.fixture
def folder(demo_items: list[Item], tmp_path: Path) -> Path:
    """Sixty conversations on thirty stories; each is in both files. The training file has an item without a story."""
    items = [
        {**demo_items[i % 13], "id": f"{name}-{i}", "story": f"{demo_items[i % 13]['story']} It was the {i}th time."}
        for name in ("a", "b")
        for i in range(30)
    ]
    for name, part in (("train", [{**items[0], "id": "broken", "story": ""}, *items[:30]]), ("test", items[30:])):
        (tmp_path / f"corpus_{name}.json").write_text(json.dumps({"data": part}), "utf-8")
    return tmp_path


def grouped(folder: Path, only: str | None = None, limit: int | None = None, seed: int = 4) -> Corpus:
    return read_corpus(find_sources(folder, None), limit=limit, grouping=GroupSplit((0.6, 0.2, 0.2), seed, only))


def ids(corpus: Corpus, split: str) -> list[str]:
    return [conversation.id for own, conversation in corpus.conversations if own == split]


def test_each_story_is_in_one_split_whatever_its_file_says(folder: Path) -> None:
    corpus = grouped(folder)
    assert len(corpus.conversations) == 60
    splits: dict[str, set[str]] = {}
    for split, conversation in corpus.conversations:
        splits.setdefault(conversation.story_id, set()).add(split)
    assert len(splits) == 30
    assert all(len(own) == 1 for own in splits.values())
    assert all(ids(corpus, split) for split in SPLITS)


def test_splits_come_one_after_the_other_each_in_the_order_of_the_sources(folder: Path) -> None:
    corpus = grouped(folder)
    order = [split for split, _ in corpus.conversations]
    assert order == sorted(order, key=SPLITS.index)
    places = {entry.id: i for i, (_, entry) in enumerate(read_corpus(find_sources(folder, None)).conversations)}
    for split in SPLITS:
        assert ids(corpus, split) == sorted(ids(corpus, split), key=places.__getitem__)
    assert [reject.id for reject in corpus.rejects] == ["broken"]


def test_a_limit_is_per_split_and_keeps_the_first(folder: Path) -> None:
    whole, limited = grouped(folder), grouped(folder, limit=3)
    for split in SPLITS:
        assert ids(limited, split) == ids(whole, split)[:3]
    last = max(entry.index for _, entry in limited.conversations)
    assert last < 30  # both files were not read to their ends


def test_one_split_alone_is_what_it_is_among_the_others(folder: Path) -> None:
    whole = grouped(folder)
    for split in SPLITS:
        alone = grouped(folder, only=split)
        assert {own for own, _ in alone.conversations} == {split}
        assert ids(alone, split) == ids(whole, split)
        assert ids(grouped(folder, only=split, limit=2), split) == ids(whole, split)[:2]


def test_what_else_is_built_does_not_matter(folder: Path) -> None:
    whole = {entry.id: split for split, entry in grouped(folder).conversations}
    (folder / "corpus_train.json").unlink()
    alone = {entry.id: split for split, entry in grouped(folder).conversations}
    assert len(alone) == 30
    assert alone.items() <= whole.items()


def test_a_split_that_no_story_falls_into(folder: Path) -> None:
    grouping = GroupSplit((1 - 1e-9, 1e-9, 0.0), 0, "validation")
    with pytest.raises(UsageError, match="no conversation in the split validation is left"):
        read_corpus(find_sources(folder, None), grouping=grouping)
