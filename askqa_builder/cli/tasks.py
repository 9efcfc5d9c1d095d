"""`askqa tasks`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askqa_builder.cli import hearing
from askqa_builder.errors import UsageError

if TYPE_CHECKING:
    from askqa_builder.tasks.leakage import Leakage
    from askqa_builder.tasks.run import TasksReport


Fraction = Annotated[float, typer.Option(help="Of the training split, whole stories.")]
Train = Annotated[str, typer.Option(metavar="SPLIT", help="The training split.")]
Seed = Annotated[int, typer.Option(help="Of all draws.")]
Wordings = Annotated[Path | None, typer.Option(metavar="FILE", help="YAML with prompts in place of the shipped ones.")]
AudioFormat = Annotated[str, typer.Option(help="flac or wav.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Discard the set in OUT, and make it anew.")]
"""Options of the commands that make a set of examples."""


def tasks_command(
    invocation: typer.Context,
    dataset: Annotated[Path, typer.Argument(help="Folder of a built dataset.")],
    out: Annotated[Path, typer.Argument(help="Folder for the examples.")],
    tasks: Annotated[
        str | None, typer.Option(metavar="LIST", help="Tasks.", show_default="listening,reasoning,response")
    ] = None,
    without: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Kinds that are not made, as voices,turns or listening/voices."),
    ] = None,
    mix: Annotated[
        str | None,
        typer.Option(
            metavar="TASK=N,…", help="Tasks and their weights in the training split, as listening=1,response=2."
        ),
    ] = None,
    balance: Annotated[
        str | None, typer.Option(metavar="action", help="As many responses of the training split ask back as answer.")
    ] = None,
    fraction: Fraction = 1.0,
    train: Train = "train",
    keep_conflicts: Annotated[
        bool, typer.Option("--keep-conflicts", help="Train on requests whose labels contradict each other, too.")
    ] = False,
    seed: Seed = 0,
    context: hearing.Context = "audio",
    layout: hearing.Layout = "joined",
    segments: hearing.Segments = None,
    window: hearing.Window = None,
    metadata: hearing.Metadata = False,
    wordings: Wordings = None,
    writer: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML: a language model that writes further statements.")
    ] = None,
    audio_format: AudioFormat = "flac",
    check: Annotated[
        bool, typer.Option("--check", help="Check the examples in OUT against the dataset instead of making any.")
    ] = False,
    overwrite: Overwrite = False,
) -> int:
    """Derive instruction examples: audio and a text prompt in, a text answer out; resumable."""
    from askqa_builder.cli.progress import progress_for

    if check:
        check_alone(invocation)
        return check_set(dataset, out)
    from askqa_builder.tasks.run import tasks as make_tasks

    report = make_tasks(
        dataset,
        out,
        tasks=None if tasks is None else listed(tasks),
        without=() if without is None else listed(without),
        mix=mix,
        balance=balance,
        fraction=fraction,
        train=train,
        keep_conflicts=keep_conflicts,
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
        progress=progress_for(sys.stderr, "recordings", "make examples of"),
    )
    print_report(report)
    return report.exit_code


def listed(given: str) -> list[str]:
    """Return the names in a list such as "voices,turns"."""
    return [name.strip() for name in given.split(",")]


def check_alone(invocation: typer.Context) -> None:
    """Refuse options beside --check: it takes what the set was made with."""
    given = [
        f"--{name.replace('_', '-')}"
        for name in invocation.params
        if name not in ("dataset", "out", "check")
        and getattr(invocation.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
    if given:
        raise UsageError(f"{', '.join(given)}: --check goes by what the set was made with; leave it out")


def check_set(dataset: Path, out: Path) -> int:
    """Print what is wrong with a set; return the exit code."""
    from askqa_builder.cli.progress import progress_for
    from askqa_builder.errors import AskqaError
    from askqa_builder.tasks.checking import check_tasks

    checked, faults = 0, 0
    for found in check_tasks(dataset, out, progress=progress_for(sys.stderr, "recordings", "check examples of")):
        checked += found.examples
        for fault in found.faults:
            print(f"{fault.example_id}: {fault.what}")
        faults += len(found.faults)
    print(f"{'FAULTS' if faults else 'ok'}: {out}: {checked} examples checked against their rows, {faults} faults")
    return AskqaError.exit_code if faults else 0


def print_report(report: TasksReport) -> None:
    """Print what a set has."""
    from askqa_builder.tasks.options import PARALINGUISTICS

    rows = [(split, task, kind, str(count)) for (split, task, kind), count in sorted(report.counts.items())]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    for row in rows:
        print(
            "  ".join(
                f"{text:>{w}}" if i == 3 else f"{text:{w}}" for i, (text, w) in enumerate(zip(row, widths, strict=True))
            )
        )
    if report.measured:
        print(f"text only: {_leakage(report.leakage, report.measured)}")
    if PARALINGUISTICS in report.tasks or report.metadata:
        share = report.readable / sum(report.counts.values())
        print(f"metadata-readable: {report.readable} ({share:.1%}); labels as text answer these without any sound")
    if report.limit is not None:
        print(f"mix: {report.limit}")
    if report.shared_stories:
        print(
            f"stories in several splits: {report.shared_stories}; examples of them are made in one alone (test before "
            "validation before train)"
        )
    if report.unwritten:
        print(f"nothing was written about {report.unwritten} stories; --overwrite asks again, about these alone")
    state = "already complete" if report.already_complete else "done"
    reasons = ", ".join(f"{count} {reason}" for reason, count in report.rejected.items())
    left_out = f"; left out: {reasons} (see rejected.jsonl)" if reasons else ""
    print(f"{state}: {report.out}: {sum(report.counts.values())} examples{left_out}")


def _leakage(leakage: Leakage | None, tasks: Sequence[str]) -> str:
    if leakage is None:
        return f"too few {' and '.join(tasks)} examples or stories to measure what it gives away"
    interval = f"{leakage.low:.1%} to {leakage.high:.1%}"
    kinds = ", ".join(
        f"{kind} {found.accuracy:.0%} ({found.chance:.0%}) within {found.low:.0%} to {found.high:.0%}"
        for kind, found in leakage.kinds.items()
    )
    too_few = "".join(f"; {kind} is of too few stories ({count})" for kind, count in leakage.too_few.items())
    return (
        f"a bag of words guesses {leakage.accuracy:.1%} ({interval}) of {leakage.examples} "
        f"{' and '.join(leakage.tasks)} examples; chance {leakage.chance:.1%}, "
        f"most frequent label {leakage.most_frequent:.1%}; of each kind (chance): {kinds}"
        f"{too_few}"
    )
