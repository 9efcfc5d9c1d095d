"""The examples of a set that a run asks about, and their sounds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile

from askqa_builder.corpus.rejects import quote
from askqa_builder.dataset.manifest import canonical_digest, shard_records
from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.evaluation.items import of_split
from askqa_builder.evaluation.models.sound import Sound
from askqa_builder.evaluation.task_sets.item import TaskItem
from askqa_builder.hearing.clip_files import AudioFile
from askqa_builder.tasks.reading import examples_of, tasks_manifest
from askqa_builder.undecodable import what_is_wrong

Metadata = Literal["stored", "none"]
"""stored: labels that the set has in its prompts are asked with. none: they are left out."""

_AGAIN = "run the same askqa tasks again to repair it"
_CLIP = re.compile(r"audio/[\w-]+/[0-9a-f]{2}/[0-9a-f]{16}\.(flac|wav)", re.ASCII)


@dataclass(frozen=True)
class TaskSet:
    """The examples of one split of a finished set.

    digest: of all files of the set. of_all: every example of the split; items: those that are asked about, the first.
    has_metadata: whether labels of how it is said stand in any prompt of the split.
    """

    folder: Path
    digest: str
    made_from: Mapping[str, Any]
    split: str
    of_all: Sequence[TaskItem]
    items: Sequence[TaskItem]
    has_metadata: bool


def read_task_set(folder: Path, split: str | None, limit: int | None, metadata: Metadata | None) -> TaskSet:
    """Read a set; no sound is read. split: None for "test", or the only one. metadata: None for as it is stored.

    Raises UsageError where there is no such set or split, or no labels that are asked for; AskqaError where a file is
    not as it was written.
    """
    manifest = tasks_manifest(folder)
    records = shard_records(manifest)
    shards = of_split(folder, [record for record in records if record.rows], split)
    items: list[TaskItem] = []
    labelled = False
    for shard in shards:
        try:
            if sha256_of(folder / shard.file) != shard.sha256:
                raise AskqaError(f"{folder / shard.file} is not as it was written; {_AGAIN}")
        except OSError as error:
            raise AskqaError(f"cannot read {folder / shard.file}: {error.strerror}; {_AGAIN}") from error
        for example in examples_of(folder, shard.file):
            labelled = labelled or example.metadata is not None
            items.append(TaskItem.of(example, shard.split, metadata=metadata != "none"))
    if metadata == "stored" and not labelled:
        raise UsageError(
            f"--metadata: the prompts of {folder} have no labels of how it is said; make the set with --metadata, or "
            "leave it out"
        )
    twice = next((name for name, count in Counter(item.id for item in items).items() if count > 1), None)
    if twice is not None:
        raise AskqaError(f"{folder} has two examples {quote(twice)}; {_AGAIN}")
    return TaskSet(
        folder,
        canonical_digest([record.sha256 for record in records]),
        manifest["made_from"],
        shards[0].split,
        items,
        items[:limit],
        labelled,
    )


def check_window(items: Sequence[TaskItem], window: float | None) -> None:
    """Raise UsageError where a clip is longer than the seconds that the target hears at once."""
    if window is None:
        return
    beyond = [(item, file) for item in items for file in item.audio if file.seconds > window]
    if beyond:
        item, file = beyond[0]
        count = len({one.id for one, _ in beyond})
        raise UsageError(
            f"{count} of {len(items)} examples cannot be heard as wanted, as {item.id}: a clip of {file.seconds:.1f} "
            f"s, where the target hears {window:g} s at once; make the set again with --segments {window:g}"
        )


def clips_of(folder: Path, item: TaskItem) -> list[Sound]:
    """Return what is heard of an example. Raises AskqaError where a file is not as the example says."""
    return [_clip(folder, item, file) for file in item.audio]


def rate_of(item: TaskItem) -> int:
    """Return the sampling rate of an example's clips, Hz; of one without any it does not matter."""
    return item.audio[0].sampling_rate if item.audio else 16_000


def _clip(folder: Path, item: TaskItem, file: AudioFile) -> Sound:
    if not _CLIP.fullmatch(file.path):  # a set may come from anywhere, and what is read here is sent to a server
        raise AskqaError(f"{folder}: {item.id}: {quote(file.path)} is no clip of a set; {_AGAIN}")
    try:
        samples, rate = soundfile.read(folder / file.path, dtype="int16")
    except (soundfile.LibsndfileError, OSError) as error:
        raise AskqaError(f"{folder / file.path} cannot be read ({what_is_wrong(error)}); {_AGAIN}") from error
    if (len(samples), rate, samples.ndim) != (file.samples, file.sampling_rate, min(file.channels, 2)):
        raise AskqaError(f"{folder / file.path} is not the clip that {item.id} tells of; {_AGAIN}")
    return np.asarray(samples)
