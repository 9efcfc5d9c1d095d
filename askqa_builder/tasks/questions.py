"""`questions`: questions about how it is said, as a set of task examples of the one task `paralinguistics`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from askqa_builder.errors import UsageError
from askqa_builder.options import close_matches
from askqa_builder.progress import Progress
from askqa_builder.tasks.options import PARALINGUISTICS
from askqa_builder.tasks.paralinguistics.form import KINDS
from askqa_builder.tasks.run import TasksReport, tasks


def questions(
    dataset: str | Path,
    out: str | Path,
    *,
    kinds: Sequence[str] | None = None,
    without: Sequence[str] = (),
    fraction: float = 1.0,
    train: str = "train",
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
    """Derive questions about how something is said, and about words together with how or by whom they are said.

    kinds: of `direct`, `c` (contextual), `ce` (and emotion or style), `cg` (and gender); None for all. All else as for
    `tasks`, of which this is one task alone: what is made is a set of task examples. Raises what `tasks` raises.
    """
    for kind in kinds or ():
        if kind not in KINDS:
            raise UsageError(f"kinds: unknown kind {kind!r}{close_matches(kind, KINDS)}; allowed: {', '.join(KINDS)}")
    left_out = [kind for kind in KINDS if kinds is not None and kind not in kinds]
    return tasks(
        dataset,
        out,
        tasks=[PARALINGUISTICS],
        without=[*without, *left_out],
        fraction=fraction,
        train=train,
        seed=seed,
        context=context,
        layout=layout,
        segments=segments,
        window=window,
        metadata=metadata,
        wordings=wordings,
        writer=writer,
        audio_format=audio_format,
        overwrite=overwrite,
        progress=progress,
    )
