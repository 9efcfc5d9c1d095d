"""Stories that a dataset has in several splits: of each, the one split in which examples are made of it.

Abg-CoQA itself has two stories in both validation and test. Examples of one split would tell those of another.
"""

from __future__ import annotations

from collections import defaultdict

from askqa_builder.corpus.sources import SPLITS
from askqa_builder.dataset.reading import row_groups
from askqa_builder.dataset.source import Source


def homes(source: Source, train: str) -> dict[str, str]:
    """Return the split that keeps each story of several splits: test before validation, the training split last."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in source.records:
        for group in row_groups(source.folder / record.file, ["story_id"]):
            for story in group.column("story_id").unique().to_pylist():
                found[story].add(record.split)

    def rank(split: str) -> tuple[bool, int, str]:
        return split != train, SPLITS.index(split) if split in SPLITS else len(SPLITS), split

    return {story: max(splits, key=rank) for story, splits in found.items() if len(splits) > 1}
