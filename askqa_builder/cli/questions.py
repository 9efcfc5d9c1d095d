"""`askqa styles questions`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from askqa_builder.cli import hearing
from askqa_builder.cli.tasks import check_alone, check_set, print_report


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
    fraction: Annotated[float, typer.Option(help="Of the training split, whole stories.")] = 1.0,
    train: Annotated[str, typer.Option(metavar="SPLIT", help="The training split.")] = "train",
    seed: Annotated[int, typer.Option(help="Of all draws.")] = 0,
    context: hearing.Context = "audio",
    layout: hearing.Layout = "joined",
    segments: hearing.Segments = None,
    window: hearing.Window = None,
    metadata: hearing.Metadata = False,
    wordings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML with prompts in place of the shipped ones.")
    ] = None,
    writer: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML: a language model that writes further questions.")
    ] = None,
    audio_format: Annotated[str, typer.Option(help="flac or wav.")] = "flac",
    check: Annotated[
        bool, typer.Option("--check", help="Check the questions in OUT against the dataset instead of making any.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Discard the set in OUT, and make it anew.")] = False,
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
        kinds=None if kinds is None else _listed(kinds),
        without=() if without is None else _listed(without),
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


def _listed(given: str) -> list[str]:
    return [name.strip() for name in given.split(",")]
