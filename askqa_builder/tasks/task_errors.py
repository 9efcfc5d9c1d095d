"""Bugs in tasks, which may be anybody's: told with the task, the row and the line."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from askqa_builder.errors import AskqaError


@contextmanager
def task_errors(task: str, row_id: str | None = None) -> Iterator[None]:
    """Turn what goes wrong in a task's code in the `with` block into one of our errors. row_id: None for no one row."""
    try:
        yield
    except (AskqaError, MemoryError):
        raise
    except Exception as error:  # it may come from anywhere
        where = "" if row_id is None else f" at row {row_id}"
        raise AskqaError(f"task {task} failed{where}: {described(error)}; mend the task") from error


def described(error: Exception) -> str:
    """Name an exception, and the line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
