"""Figures of a dataset, read from its text columns; the audio is not touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import pyarrow.parquet as pq

_COLUMNS = [
    "stage",
    "duration",
    "story_id",
    "source",
    "license",
    "ambiguous",
    "conversation_id",
    "rendition",
    "speakers",
]


@dataclass
class Part:
    """Figures of one configuration and split.

    seconds: of all recordings. ambiguous: rows said to be so, among the `labelled` ones of which the corpus says
    whether they are.
    """

    rows: int = 0
    seconds: float = 0.0
    ambiguous: int = 0
    labelled: int = 0


@dataclass(frozen=True)
class SharedStories:
    """Stories that are heard in more than one split, and all rows of theirs."""

    stories: int
    rows: int


@dataclass
class Statistics:
    """Figures of a dataset.

    parts: by (configuration, split). sources: rows by (domain, licence). voices: rows by (role, voice). stories: rows
    of each story, by split; they alone grow with the dataset, by some 100 bytes a story.
    """

    parts: dict[tuple[str, str], Part] = field(default_factory=dict)
    sources: Counter[tuple[str, str]] = field(default_factory=Counter)
    voices: Counter[tuple[str, str]] = field(default_factory=Counter)
    stories: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all configurations."""
        return sum(part.rows for part in self.parts.values())

    @property
    def seconds(self) -> float:
        """Length of all recordings."""
        return sum(part.seconds for part in self.parts.values())

    @property
    def shared_stories(self) -> SharedStories:
        """What a model that is trained on one split has heard before it is tested on another."""
        pairs = combinations(self.stories.values(), 2)
        shared = {story for one, other in pairs for story in one.keys() & other.keys()}
        return SharedStories(len(shared), sum(rows[story] for rows in self.stories.values() for story in shared))

    @property
    def licences(self) -> list[str]:
        """Licences of the rows' text, sorted."""
        return sorted({licence for _, licence in self.sources})


def summarise(dataset: Path, shards: Iterable[tuple[str, str, str]]) -> Statistics:
    """Add up the shards, given as (configuration, split, file relative to the dataset)."""
    statistics = Statistics()
    for config, split, name in shards:
        part = statistics.parts.setdefault((config, split), Part())
        stories = statistics.stories.setdefault(split, Counter())
        with pq.ParquetFile(dataset / name) as file:
            for batch in file.iter_batches(batch_size=1024, columns=_COLUMNS):
                for row in batch.to_pylist():
                    part.rows += 1
                    part.seconds += row["duration"]
                    part.ambiguous += bool(row["ambiguous"])
                    stories[row["story_id"]] += 1
                    part.labelled += row["ambiguous"] is not None
                    statistics.sources[row["source"], row["license"]] += 1
                    for speaker in row["speakers"]:
                        statistics.voices[speaker["role"], speaker["voice"]] += 1
    return statistics
