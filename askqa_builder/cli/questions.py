"""`askqa styles questions`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from askqa_builder.cli import hearing
from askqa_builder.cli.tasks import (
    AudioFormat,
    Fraction,
    Overwrite,
    Seed,
    Train,
    Wordings,
    check_alone,
    check_set,
    listed,
    print_report,
)


def questions_command(
    invocation: typer.Context,
    dataset: Annotated[Path, typer.Argument(help="Folder of a built dataset.")],
    out: Annotated[Path, typer.Argument(help="Folder for the questions.")],
    kinds: Annotated[
        str | None,
        typer.Option(
            metavar="LIST", help="direct, c (contextual), ce (and emotion or style), cg (gender).", show_default="all"
        ),
    ] = None,
    without: Annotated[str | None, typer.Option(metavar="LIST", help="Kinds that are not made.")] = None,
    fraction: Fraction = 1.0,
    train: Train = "train",
    seed: Seed = 0,
    context: hearing.Context = "audio",
    layout: hearing.Layout = "joined",
    segments: hearing.Segments = None,
    window: hearing.Window = None,
    metadata: hearing.Metadata = False,
    wordings: Wordings = None,
    writer: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML: a language model that writes further questions.")
    ] = None,
    audio_format: AudioFormat = "flac",
    check: Annotated[
        bool, typer.Option("--check", help="Check the questions in OUT against the dataset instead of making any.")
    ] = False,
    overwrite: Overwrite = False,
) -> int:
    """Write questions about how it is said, and about words together with how or by whom they are said; resumable."""
    from askqa_builder.cli.progress import progress_for

    if check:
        check_alone(invocation)
        return check_set(dataset, out)
    from askqa_builder.tasks.questions import questions

    report = questions(
        dataset,
        out,
        kinds=None if kinds is None else listed(kinds),
        without=() if without is None else listed(without),
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
        progress=progress_for(sys.stderr, "recordings", "write questions about"),
    )
    print_report(report)
    return report.exit_code
