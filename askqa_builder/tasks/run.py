"""`tasks`: derive instruction examples from a finished dataset."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.manifest import (
    CARD_NAME,
    SHARED_STORIES_KEY,
    read_rejected,
    shard_records,
    write_manifest,
)
from askqa_builder.dataset.reading import reading_errors
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.source import Source
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.files import keep_apart
from askqa_builder.hearing.clip_files import ClipFiles
from askqa_builder.hearing.options import Hearing, parse_window
from askqa_builder.progress import Progress, Silent
from askqa_builder.recording.encode import FORMATS
from askqa_builder.tasks.card import Figures, write_card
from askqa_builder.tasks.folder import TasksFolder
from askqa_builder.tasks.kinds import check_without
from askqa_builder.tasks.leakage import Leakage, LeakageSample, leaks
from askqa_builder.tasks.left_out import REFUSED, mostly_refused, reasons
from askqa_builder.tasks.manifest import described, identity_of
from askqa_builder.tasks.options import DEFAULT_TASKS, TasksOptions, parse_mix
from askqa_builder.tasks.preparing import Prepared, prepare
from askqa_builder.tasks.reading import examples_of
from askqa_builder.tasks.registry import load_task
from askqa_builder.tasks.task import Task
from askqa_builder.tasks.wordings import load_wordings
from askqa_builder.tasks.writer import read_writer
from askqa_builder.tasks.writing import write_files

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class TasksReport:
    """A set of task examples.

    counts: by split, task and kind. leakage: None where there is too little to measure. rejected: examples that their
    task's own check refuses, and stories about which the writer has written nothing that fits, by reason. warnings:
    kinds of which much is refused, and what the text gives away of the others. shared_stories: stories that the dataset
    has in several splits, of which examples are made in one alone. limit: which task limits a mix, and how many of each
    there would have been; None without a mix. tasks: that were asked for; measured: those of them whose leakage is
    measured, where there is enough. metadata: whether labels of how it is said stand in prompts; readable: examples
    that such labels would answer without any sound.
    """

    out: Path
    counts: Mapping[tuple[str, str, str], int]
    leakage: Leakage | None
    rejected: Mapping[str, int]
    warnings: Sequence[str]
    shared_stories: int
    limit: str | None
    tasks: Sequence[str]
    measured: Sequence[str]
    metadata: bool
    readable: int
    already_complete: bool

    @property
    def unwritten(self) -> int:
        """How many stories the writer has written nothing about."""
        return sum(count for reason, count in self.rejected.items() if reason != REFUSED)

    @property
    def exit_code(self) -> int:
        """0, or 3 where something was rejected."""
        return 3 if self.rejected else 0


def tasks(
    dataset: str | Path,
    out: str | Path,
    *,
    tasks: Sequence[str] | None = None,
    without: Sequence[str] = (),
    mix: str | Mapping[str, float] | None = None,
    balance: str | None = None,
    fraction: float = 1.0,
    train: str = "train",
    keep_conflicts: bool = False,
    seed: int = 0,
    context: str = "audio",
    layout: str = "joined",
    segments: float | None = None,
    window: str | None = None,
    metadata: bool = False,
    wordings: str | Path | None = None,
    writer: str | Path | None = None,
    audio_format: str = "flac",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> TasksReport:
    """Derive instruction examples (audio and a text prompt in, a text answer out) from a finished dataset.

    tasks: names of installed tasks, None for ours. without: kinds of theirs, or task/kind, that are not made. mix:
    weights of tasks in the training split `train`, as
    "listening=1,response=2" or a mapping; it names the tasks then. balance, fraction, keep_conflicts: see
    `TasksOptions`; context, layout, segments, window, metadata: see `Hearing` and `parse_window`. wordings: a YAML
    file with prompts in place of ours. writer: a YAML file with the `ChatOptions` of a language model that writes
    further statements (reasoning) or questions (paralinguistics). The same dataset and options give the same bytes
    (with a writer: as long as its answers are in the cache); after a kill the same call goes on.

    Raises UsageError (wrong usage, rows that cannot be heard as wanted, another set in the way), StorageError,
    EngineError (the writer's server stays away), AskqaError (a damaged shard, a task that fails, nothing that is left).
    An example that its task's own check refuses is left out, and in `rejected.jsonl`.
    """
    if mix is not None and tasks is not None:
        raise UsageError("tasks and mix: give one of the two; a mix names its tasks")
    weights = parse_mix(mix) if isinstance(mix, str) else mix
    options = TasksOptions(
        tasks=tuple(weights if weights is not None else DEFAULT_TASKS if tasks is None else tasks),
        without=tuple(without),
        mix=weights,
        balance=balance,
        fraction=fraction,
        train=train,
        keep_conflicts=keep_conflicts,
        seed=seed,
        wordings=None if wordings is None else Path(wordings),
        writer=None if writer is None else read_writer(Path(writer)),
        audio_format=audio_format,
        hearing=Hearing(context, layout, segments, parse_window(window), metadata),
    )
    return _Run(Path(dataset), Path(out), options, progress or Silent()).run(overwrite)


class _Run:
    """One call of `tasks`."""

    def __init__(self, dataset: Path, out: Path, options: TasksOptions, progress: Progress) -> None:
        self._source, self._out = Source(dataset), out
        self._options = options
        self._progress = progress
        self._wordings = load_wordings(options.wordings)
        self._tasks = [load_task(name, self._wordings) for name in options.tasks]
        check_without(self._tasks, options)
        keep_apart(dataset, out)

    def run(self, overwrite: bool) -> TasksReport:
        identity = identity_of(self._source, self._options, self._wordings, self._tasks)
        with TasksFolder(self._out, identity, overwrite=overwrite) as folder:
            made = folder.finished_manifest()
            complete = made is not None and _audio_is_there(self._out, made)
            if made is None or not complete:
                with reading_errors(self._source.folder):
                    prepared, records = self._make(folder)
                made = {
                    **identity,
                    **described(self._source, self._options, self._wordings, self._tasks),
                    "rejected": reasons(read_rejected(self._out)),
                    SHARED_STORIES_KEY: len(prepared.survey.homes),
                    "mixed_of": prepared.mixed_of,
                    "shards": [record.to_json() for record in records],
                }
            figures, sample = _look(self._out, shard_records(made), self._tasks)
            if not figures.counts:
                rejects = read_rejected(self._out)
                folder.discard()
                raise self._nothing(rejects)
            leakage = sample.measure()
            if not complete or not (self._out / CARD_NAME).exists():
                made |= {**figures.to_json(), "leakage": None if leakage is None else leakage.to_json()}
                write_card(self._out, made, figures)
                write_manifest(self._out, made)  # last of all
            folder.finish()
        warnings = [*mostly_refused(read_rejected(self._out), figures.counts), *leaks(leakage)]
        for warning in warnings:
            _LOG.warning("askqa: warning: %s", warning)
        return TasksReport(
            self._out,
            figures.counts,
            leakage,
            rejected=made["rejected"],
            warnings=warnings,
            shared_stories=made[SHARED_STORIES_KEY],
            limit=_limit(self._options.mix, made["mixed_of"]),
            tasks=self._options.tasks,
            measured=[task.name for task in self._tasks if task.tells_labels],
            metadata=self._options.hearing.metadata,
            readable=figures.readable,
            already_complete=complete,
        )

    def _make(self, folder: TasksFolder) -> tuple[Prepared, list[ShardRecord]]:
        clips = ClipFiles(self._out, FORMATS[self._options.audio_format])
        try:
            prepared = prepare(self._source, self._tasks, self._options, clips)
            return prepared, write_files(self._source, folder, prepared, clips, self._progress)
        except Exception:  # of ours, of Arrow, of the system
            folder.withdraw()
            raise

    def _nothing(self, rejects: Sequence[Reject]) -> AskqaError:
        """Return the error of a set without examples."""
        refused = mostly_refused(rejects, {})
        if refused:
            return AskqaError(f"no example of {self._source.folder} is left: {'; '.join(refused)}")
        less = ", or leave fewer kinds out" if self._options.without else ""
        return UsageError(
            f"{self._source.folder} gives no example of {', '.join(self._options.tasks)} as it is heard; choose other "
            f"tasks or another --context{less}"
        )


def _limit(mix: Mapping[str, float] | None, there: Mapping[str, int] | None) -> str | None:
    """Say which task a mix has too few examples of."""
    if mix is None or there is None:
        return None
    scarce = min(mix, key=lambda task: there[task] / mix[task])
    counts = ", ".join(f"{task} {there[task]}" for task in mix)
    return f"{scarce} limits the mix; for training there would have been: {counts}"


def _look(out: Path, records: Sequence[ShardRecord], tasks: Sequence[Task]) -> tuple[Figures, LeakageSample]:
    """Read what was written."""
    figures, sample = Figures(), LeakageSample(tasks)
    for record in records:
        for example in examples_of(out, record.file):
            figures.add(example, record.split)
            sample.offer(example)
    return figures, sample


def _audio_is_there(out: Path, manifest: Mapping[str, Any]) -> bool:
    """Tell whether each sound file of a finished set is there."""
    files = {
        file["path"]
        for record in shard_records(manifest)
        for example in examples_of(out, record.file)
        for file in example.audio
    }
    return all((out / file).is_file() for file in files)
