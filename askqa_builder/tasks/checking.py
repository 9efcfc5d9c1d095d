"""Check a finished set of examples against the dataset that it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.reading import reading_errors
from askqa_builder.dataset.sound import decoded
from askqa_builder.dataset.source import Source
from askqa_builder.errors import UsageError
from askqa_builder.hearing.clip_files import AudioFile, ClipFiles
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.options import Hearing
from askqa_builder.hearing.sound import clip_samples
from askqa_builder.progress import Progress, Silent, Totals
from askqa_builder.recording.encode import FORMATS
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.reading import examples_of, tasks_manifest
from askqa_builder.tasks.registry import load_task
from askqa_builder.tasks.task import Task
from askqa_builder.tasks.task_errors import described
from askqa_builder.tasks.wordings import Wordings


@dataclass(frozen=True)
class Fault:
    """What is wrong with an example."""

    example_id: str
    what: str


@dataclass(frozen=True)
class Checked:
    """The examples of one row. examples: how many."""

    examples: int
    faults: list[Fault]


def check_tasks(dataset: Path, out: Path, progress: Progress | None = None) -> Iterator[Checked]:
    """Check each example of a set: its answer in its row, found anew; its split's stories; each sample of its sound.

    Raises UsageError where the set was made from another dataset, by another version of a task, or of rows that are not
    there, and AskqaError where a file of either is damaged.
    """
    source, made = Source(dataset), tasks_manifest(out)
    same_shards = len(source.records) == len(made["shards"])
    if made["made_from"]["config_digest"] != source.manifest["config_digest"] or not same_shards:
        raise UsageError(f"{out} was not made from {dataset}; give the dataset that it was made from")
    records = list(zip(source.records, shard_records(made), strict=True))
    progress = progress or Silent()
    tasks = _tasks(out, made)
    hearing = Hearing(**made["options"]["hearing"])
    clips = ClipFiles(out, FORMATS[made["options"]["audio_format"]])
    splits: dict[str, str] = {}
    try:
        with reading_errors(dataset):
            progress.start(Totals(sum(record.rows for record, _ in records), source.seconds()), Totals(0, 0.0))
            for record, examples_record in records:
                examples = _by_row(examples_of(out, examples_record.file))
                waiting = next(examples, None)
                for row in source.whole(record):
                    if waiting is not None and waiting[0] == row["id"]:
                        heard = HeardRow(row, hear(row, hearing), record.split)
                        audio = clips.planned(row, heard.heard, record.split)
                        yield _checked(waiting[1], heard, audio, tasks, out, splits)
                        waiting = next(examples, None)
                    progress.advance(1, row["duration"], row["duration"])
                if waiting is not None:
                    raise UsageError(f"{examples_record.file}: has examples of {waiting[0]}, which is no row there")
    finally:
        progress.stop()


def _tasks(out: Path, made: Mapping[str, Any]) -> dict[str, Task]:
    """Load the tasks of a set, in the versions that made it."""
    tasks = {name: load_task(name, Wordings(made["wordings"])) for name in made["tasks"]}
    for name, version in made["tasks"].items():
        if tasks[name].version != version:
            raise UsageError(
                f"{out}: version {version} of the task {name} made it, and {tasks[name].version} is installed; make it "
                "again with --overwrite"
            )
    return tasks


def _by_row(examples: Iterator[Example]) -> Iterator[tuple[str, list[Example]]]:
    """Yield the examples of each row; they stand together."""
    group: list[Example] = []
    for example in examples:
        if group and group[0].row_id != example.row_id:
            yield group[0].row_id, group
            group = []
        group.append(example)
    if group:
        yield group[0].row_id, group


def _checked(
    examples: list[Example],
    row: HeardRow,
    audio: Sequence[AudioFile],
    tasks: Mapping[str, Task],
    out: Path,
    splits: dict[str, str],
) -> Checked:
    faults = [
        Fault(example.id, fault)
        for example in examples
        if (fault := _mismatch(example, row, audio, splits) or _fault(tasks, example, row)) is not None
    ]
    for file in _wrong_sounds(row, audio, out):
        what = f"{file.path} has not the samples of its recording; remove it and run askqa tasks again"
        faults.append(Fault(examples[0].id, what))
    return Checked(len(examples), faults)


def _fault(tasks: Mapping[str, Task], example: Example, row: HeardRow) -> str | None:
    """Let the task check an example. Whatever stands in it: somebody may have edited it."""
    if example.task not in tasks:
        return f"it is of {example.task!r}, which is no task of its set"
    kinds = tasks[example.task].readable_kinds
    if kinds is not None and example.metadata_readable not in (
        None,
        example.kind in kinds,
    ):  # None: of earlier versions
        return "whether labels of how it is said answer it is not as its kind has it"
    try:
        return tasks[example.task].fault(example, row)
    except MemoryError:
        raise
    except Exception as error:  # of any task, on anything
        return f"its task cannot check it: {described(error)}"


def _mismatch(example: Example, row: HeardRow, audio: Sequence[AudioFile], splits: dict[str, str]) -> str | None:
    """Say what an example says otherwise than its row; a story belongs to one split."""
    for name in ("conversation_id", "story_id", "language", "license"):
        if getattr(example, name) != row.row[name]:
            return f"its {name} is not its row's"
    if example.story != row.heard.story:
        return "the story that is read is not its row's"
    if example.metadata != row.heard.metadata:
        return "the labels of how it is said are not its row's"
    if example.audio != [vars(file) for file in audio]:
        return "its audio is not what is heard of its row"
    if splits.setdefault(example.story_id, row.split) != row.split:
        return f"its story is in {splits[example.story_id]}, too"
    return None


def _wrong_sounds(row: HeardRow, audio: Sequence[AudioFile], out: Path) -> Iterator[AudioFile]:
    """Yield the files that have not the samples of their clip; a file that is the recording itself is not decoded."""
    recording = None
    for file, clip in zip(audio, row.heard.clips, strict=True):
        path, whole = out / file.path, clip.pieces == ((0, row.row["num_samples"]),) and not row.heard.stereo
        if whole and path.is_file() and path.read_bytes() == row.row["audio"]["bytes"]:
            continue
        if recording is None:
            recording = decoded(row.row)[0]
        if not _sounds_right(path, clip_samples(recording, row.row, row.heard, clip)):
            yield file


def _sounds_right(path: Path, wanted: NDArray[np.int16]) -> bool:
    """Tell whether a sound file can be read and has just these samples."""
    try:
        samples, _ = soundfile.read(path, dtype="int16")
    except (OSError, soundfile.SoundFileError):
        return False
    return np.array_equal(samples, wanted)
