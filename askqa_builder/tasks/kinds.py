"""Kinds that are left out: whether there are such."""

from __future__ import annotations

from collections.abc import Sequence

from askqa_builder.errors import UsageError
from askqa_builder.options import close_matches
from askqa_builder.tasks.options import TasksOptions
from askqa_builder.tasks.task import Task


def check_without(tasks: Sequence[Task], options: TasksOptions) -> None:
    """Refuse to leave out what none of the tasks makes, as far as they tell, and a writer that has nothing to write.

    Raises UsageError.
    """
    for given in options.without:
        untold = [task.name for task in tasks if task.kinds is None]
        known = [name for task in tasks for kind in task.kinds or () for name in (kind, f"{task.name}/{kind}")]
        of_untold = given.partition("/")[0] in untold if "/" in given else bool(untold)
        if given not in known and not of_untold:
            kinds = ", ".join(name for name in known if "/" in name)
            raise UsageError(f"without: unknown kind {given!r}{close_matches(given, known)}; there are {kinds}")
    if options.writer is not None:
        _check_writer(tasks, options)


def _check_writer(tasks: Sequence[Task], options: TasksOptions) -> None:
    written = [(task.name, kind) for task in tasks for kind in task.written]
    if not written:
        raise UsageError(
            "writer: it writes for the tasks reasoning and paralinguistics, of which none is made; name one, or "
            "leave it out"
        )
    if not any(options.makes(task, kind) for task, kind in written):
        kinds = ", ".join(kind for _, kind in written)
        raise UsageError(f"writer: what it writes is of the kind {kinds}, which is left out; give one of the two")
