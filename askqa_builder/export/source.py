"""What is exported, shard by shard: `RowSource` of a dataset, `TaskSource` of a task set."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.export.format import Format, Item
from askqa_builder.export.options import SoundChoice
from askqa_builder.hearing.clip_files import AudioFile


@dataclass
class Faults:
    """What cannot be exported, counted by what is wrong with it: how many, the first, and what to do."""

    _found: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def note(self, wrong: str, first: str, remedy: str = "") -> None:
        """Take note of one item."""
        count, first, remedy = self._found.get(wrong, (0, first, remedy))
        self._found[wrong] = count + 1, first, remedy

    def check(self, items: int, noun: str) -> None:
        """Raise UsageError where there was one among so many items."""
        if self._found:
            wrong, (count, first, remedy) = max(self._found.items(), key=lambda found: found[1][0])
            raise UsageError(
                f"{count} of {items} {noun} {wrong}; the first: {first}" + (f"; {remedy}" if remedy else "")
            )


@dataclass
class Survey:
    """A shard before its sound is read.

    seconds: of sound to hear, samples: of all its channels, as the export will have them; each counts in every item
    that hears it. distinct_samples: each once. single: each item has exactly one clip.
    """

    items: int = 0
    seconds: float = 0.0
    samples: int = 0
    distinct_samples: int = 0
    single: bool = True

    def add(self, files: Sequence[AudioFile], distinct: Sequence[AudioFile] | None = None) -> None:
        """Take note of an item's clips. distinct: those that no item had before; None for all."""
        self.items += 1
        self.seconds += sum(file.seconds for file in files)
        self.samples += _samples(files)
        self.distinct_samples += _samples(files if distinct is None else distinct)
        self.single = self.single and len(files) == 1


def _samples(files: Sequence[AudioFile]) -> int:
    return sum(file.samples * file.channels for file in files)


class Source(ABC):
    """A finished dataset or task set.

    kind: which; noun: its items. shards: of the splits that are wanted. responses: all that decides how they are
    spoken, as JSON; None where they are not.
    """

    kind: str
    noun: str
    responses: dict[str, Any] | None = None

    def __init__(self, folder: Path, shards: Sequence[ShardRecord], split: str | None) -> None:
        """Prepare. split: one alone. Raises UsageError where there is no such split, or nothing in it."""
        self.folder = folder
        splits = list(dict.fromkeys(shard.split for shard in shards))
        if split is not None and split not in splits:
            raise UsageError(f"split: {folder} has no {split!r}; it has {', '.join(splits)}")
        self.shards = [shard for shard in shards if split in (None, shard.split)]
        if not sum(shard.rows for shard in self.shards):
            raise UsageError(f"{folder} has no {self.noun}" + (f" in {split}" if split else ""))

    @abstractmethod
    def survey(self, shard: ShardRecord, chosen: Format[Any], sound: SoundChoice, faults: Faults) -> Survey:
        """Go through a shard on times alone, and note what cannot be exported."""

    @abstractmethod
    def items(self, shard: ShardRecord, chosen: Format[Any], sound: SoundChoice, out: Path) -> Iterator[Item | Reject]:
        """Yield a shard's items, their clips written to `out`, or with the items where the format embeds them.

        One that has to be left out is told instead.

        Raises AskqaError where the source is damaged, StorageError where the disk refuses.
        """

    def check_unchanged(self, shard: ShardRecord) -> None:
        """Raise AskqaError where a shard is not as it was written."""
        if sha256_of(self.folder / shard.file) != shard.sha256:
            raise AskqaError(f"{self.folder / shard.file} is not as it was written; make it again to repair it")
