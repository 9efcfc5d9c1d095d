"""`askqa filter`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def filter_command(
    dataset: Annotated[Path, typer.Argument(help="Folder of a built dataset.")],
    out: Annotated[Path, typer.Argument(help="Folder for the smaller dataset.")],
    max_wer: Annotated[float | None, typer.Option(help="Keep rows in which no turn's error rate is higher.")] = None,
    max_wer_over_baseline: Annotated[
        float | None, typer.Option(help="... in which none is so much above its voice's baseline.")
    ] = None,
    min_mos: Annotated[float | None, typer.Option(help="... in which no turn's opinion score is lower.")] = None,
    where: Annotated[
        str | None, typer.Option(metavar="CONDITION", help="... as \"duration < 120 and source == 'cnn'\".")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Discard another dataset in OUT.")] = False,
) -> int:
    """Write the rows that fulfil all conditions as a smaller dataset; the others are told in OUT/rejected.jsonl."""
    from askqa_builder.filtering.filter import filter_dataset

    report = filter_dataset(
        dataset,
        out,
        max_wer=max_wer,
        max_wer_over_baseline=max_wer_over_baseline,
        min_mos=min_mos,
        where=where,
        overwrite=overwrite,
    )
    state = "already complete" if report.already_complete else "done"
    reasons = ", ".join(f"{count} {reason}" for reason, count in report.rejected.items())
    left_out = f"; left out: {reasons} (see rejected.jsonl)" if reasons else ""
    if not report.kept:
        left_out += ", and nothing is left"
    print(f"{state}: {report.dataset}: kept {report.kept} of {report.of} rows ({report.hours:.2f} h){left_out}")
    return 0
