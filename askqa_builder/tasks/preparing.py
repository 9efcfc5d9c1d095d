"""What comes before the first example: rows are looked at, stories chosen and written about, examples counted."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from askqa_builder.chat.model import ChatModel
from askqa_builder.corpus.conversation import Action
from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.source import Source
from askqa_builder.disk_cache import open_cache
from askqa_builder.errors import UsageError
from askqa_builder.hearing.clip_files import ClipFiles
from askqa_builder.hearing.listening import hear
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.homes import homes
from askqa_builder.tasks.making import Maker
from askqa_builder.tasks.options import DEFAULT_TRAIN, TasksOptions
from askqa_builder.tasks.selection import Group, Selection, available, chosen_stories, last_kept, wanted_counts
from askqa_builder.tasks.survey import Survey, Surveyor
from askqa_builder.tasks.task import Task
from askqa_builder.tasks.task_errors import task_errors

_CACHE_BYTES = 1 << 30
"""Of answers of language models, at most."""


@dataclass(frozen=True)
class Prepared:
    """What makes the examples.

    rejects: what the writer has written nothing about that fits. mixed_of: how many training examples of each
    task a mix could have taken.
    """

    maker: Maker
    survey: Survey
    rejects: Sequence[Reject]
    mixed_of: Mapping[str, int] | None = None


def prepare(source: Source, tasks: Sequence[Task], options: TasksOptions, clips: ClipFiles) -> Prepared:
    """Look at a dataset, and decide which examples will be made of it; no audio is read.

    Raises UsageError where rows cannot be heard as wanted, or there is nothing to choose from, and what the writer's
    server may raise (see `ChatModel`).
    """
    survey = _survey(source, options)
    _check_training(source, survey, options)
    selection = Selection(options, survey, chosen_stories(survey, options))
    _let_tasks_survey(source, tasks, selection)
    rejects = _write_about(source, tasks, selection)
    mixed_of = None
    if selection.needs_counts:
        draws = _draws(source, Maker(tasks, selection, clips), options.train)
        there = {group: len(drawn) for group, drawn in draws.items()}
        _check_balance(source, options, {action for _, action in there})
        mixed_of = None if options.mix is None else available(there)
        wanted = wanted_counts(there, options)
        _check_mix(source, options, there, wanted)
        selection = replace(selection, last=last_kept(draws, wanted))
    return Prepared(Maker(tasks, selection, clips), survey, rejects, mixed_of)


def _survey(source: Source, options: TasksOptions) -> Survey:
    surveyor = Surveyor(options.hearing, options.train, homes(source, options.train))
    for row, split in source.all_texts():
        surveyor.look(row, split)
    return surveyor.survey()


def _let_tasks_survey(source: Source, tasks: Sequence[Task], selection: Selection) -> None:
    """Show the tasks the rows of which examples are made; what they borrow is of no others."""
    for row, split in source.all_texts():
        if not selection.keeps_row(row, split):
            continue
        heard = HeardRow(row, hear(row, selection.options.hearing), split)
        for task in tasks:
            with task_errors(task.name, row["id"]):
                task.survey(row, split)
                if selection.keeps_task(task.name, row, split):
                    task.expect(heard)
    for task in tasks:
        with task_errors(task.name):
            task.surveyed()


def _write_about(source: Source, tasks: Sequence[Task], selection: Selection) -> list[Reject]:
    """Let the writer write about the rows of which examples are made; return what it failed at."""
    options, rejects = selection.options, []
    for task in tasks:
        kinds = [kind for kind in task.written if options.makes(task.name, kind)]
        if options.writer is not None and kinds:
            with (
                ChatModel(options.writer, open_cache("answers", None, _CACHE_BYTES)) as model,
                task_errors(task.name),
            ):
                rejects += task.write(_rows_of(source, task, selection), model, options.seed, kinds)
    return rejects


def _rows_of(source: Source, task: Task, selection: Selection) -> Iterator[HeardRow]:
    """Yield the rows of which a task makes examples."""
    for row, split in source.all_texts():
        if selection.keeps_row(row, split) and selection.keeps_task(task.name, row, split):
            yield HeardRow(row, hear(row, selection.options.hearing), split)


def _draws(source: Source, maker: Maker, train: str) -> dict[Group, array[int]]:
    """Return the draws of all examples of the training split, by group: eight bytes each."""
    draws: dict[Group, array[int]] = defaultdict(lambda: array("Q"))
    for record in source.records:
        if record.split == train:
            for row in source.texts(record):
                for group, drawn in maker.draws(row, record.split):
                    draws[group].append(drawn)
    return draws


def _check_training(source: Source, survey: Survey, options: TasksOptions) -> None:
    """Refuse what acts on the training split alone where there is none."""
    given = options.train != DEFAULT_TRAIN or options.keep_conflicts
    thinned = options.fraction != 1.0 or options.mix is not None or options.balance is not None
    if (thinned or given) and not survey.splits[options.train]:
        raise UsageError(
            f"fraction, mix, balance and keep-conflicts act on the training split, and {source.folder} has no split "
            f"{options.train!r}; name the one to train on with --train: {', '.join(sorted(survey.splits))}"
        )


def _check_balance(source: Source, options: TasksOptions, actions: Container[str | None]) -> None:
    missing = [action.value for action in Action if action.value not in actions]
    if options.balance is not None and missing:
        raise UsageError(
            f"balance: no example of {source.folder} for training has the action {missing[0]}, so there is nothing to "
            "balance; leave it out"
        )


def _check_mix(source: Source, options: TasksOptions, there: Mapping[Group, int], wanted: Mapping[Group, int]) -> None:
    """Refuse a mix of which a task that is named would not be in the set."""
    for task in options.mix or {}:
        if not any(of == task for of, _ in there):
            raise UsageError(
                f"mix: {task} gives no example of {source.folder} as it is heard, so nothing can be mixed with it; "
                "leave it out"
            )
    for task, weight in (options.mix or {}).items():
        if not sum(count for (of, _), count in wanted.items() if of == task):
            raise UsageError(
                f"mix: no example of {task} would be left at the weight {weight:g}; raise it, or leave {task} out"
            )
