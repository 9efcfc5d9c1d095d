"""`askqa styles`: how it is said."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from askqa_builder.errors import UsageError

if TYPE_CHECKING:
    from askqa_builder.styles.recordings.session import RecordingsReport
    from askqa_builder.styles.session import AnnotationReport

REJECTED = 3

_MOST_NAMED = 10
"""Recordings left out that are named; the file has all."""

_HOURS = "h of speech"

styles_app = typer.Typer(help="How it is said: labels that recognisers give, and questions.", rich_markup_mode=None)


@styles_app.callback()
def styles() -> None:
    """How it is said: labels that recognisers give, and questions."""


@styles_app.command("annotate")
def annotate_command(
    dataset: Annotated[
        Path | None, typer.Argument(help="Folder of a built dataset; annotated in place.", show_default=False)
    ] = None,
    recogniser: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[:MODEL]|FILE",
            help="Recogniser of emotions, as wav2vec2-categories:FOLDER, or a YAML file with its options; once for "
            "each, two or more for agreement.",
            show_default=False,
        ),
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Speech of your own: WAV, FLAC, MP3, OGG."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Labels of the recordings, as JSON lines.")] = None,
    rule: Annotated[str, typer.Option(help="Who must tell the same category: majority or unanimous.")] = "majority",
    margin: Annotated[
        float, typer.Option(help="How far valence may lie on the other side of 0.5 than the category's.")
    ] = 0.0,
    least_share: Annotated[
        float, typer.Option(help="Of a turn's time that must sound like a category for it to be the turn's.")
    ] = 0.5,
    window: Annotated[float, typer.Option(help="Seconds that are labelled at once.")] = 2.0,
    context: Annotated[float, typer.Option(help="Seconds that are heard before and after them.")] = 1.0,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda or cuda:1.", show_default="a GPU where there is one")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.", show_default="one per core")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> int:
    """Label how speech sounds, window by window, with recognisers of emotions; resumable."""
    from askqa_builder.cli.progress import progress_for

    options: dict[str, Any] = {
        "recognisers": recogniser or [],
        "rule": rule,
        "margin": margin,
        "least_share": least_share,
        "window": window,
        "context": context,
        "device": device,
        "workers": workers,
    }
    if recordings is not None:
        if dataset is not None or out is None:
            raise UsageError("--recordings FOLDER goes with --out FILE, and with no dataset")
        from askqa_builder.styles.annotate import annotate_recordings

        progress = progress_for(sys.stderr, "recordings", "annotate", _HOURS, counted=True)
        return _tell_recordings(annotate_recordings(recordings, out, progress=progress, **options), as_json)
    if dataset is None or out is not None:
        raise UsageError("give the folder of a dataset, or --recordings FOLDER --out FILE")
    from askqa_builder.styles.annotate import annotate

    progress = progress_for(sys.stderr, "rows", "annotate", _HOURS, counted=True)
    return _tell(annotate(dataset, progress=progress, **options), as_json)


def _tell(report: AnnotationReport, as_json: bool) -> int:
    if as_json:
        print(json.dumps({**asdict(report), "dataset": str(report.dataset)}, indent=1))
        return 0
    _print_figures(report.figures, "turns")
    state = "already complete" if report.already_complete else "done"
    annotated = f"{report.rows} rows{_hours(report.figures)} annotated by {_names(report.recognisers)}"
    print(f"{state}: {report.dataset}: {annotated}")
    return 0


def _tell_recordings(report: RecordingsReport, as_json: bool) -> int:
    if as_json:
        print(json.dumps({**asdict(report), "out": str(report.out)}, indent=1))
    else:
        _print_left_out(report)
        _print_figures(report.figures, "recordings")
        state = "already complete" if report.already_complete else "done"
        left = f", {report.rejected} left out, see {report.rejects}" if report.rejected else ""
        annotated = f"{report.recordings} recordings{_hours(report.figures)} annotated by"
        print(f"{state}: {report.out}: {annotated} {_names(report.recognisers)}{left}")
    return REJECTED if report.rejected else 0


def _print_left_out(report: RecordingsReport) -> None:
    from itertools import islice

    from askqa_builder.corpus.rejects import escape

    if report.rejected:
        with report.out.with_name(report.rejects).open(encoding="ascii") as lines:
            for line in map(json.loads, islice(lines, _MOST_NAMED)):
                print(f"left out: {escape(line['file'])}: {escape(line['detail'])}", file=sys.stderr)
        if report.rejected > _MOST_NAMED:
            print(f"left out: {report.rejected - _MOST_NAMED} more, see {report.rejects}", file=sys.stderr)


def _hours(figures: Mapping[str, Any]) -> str:
    # earlier versions did not count them
    return f", {figures['seconds'] / 3600:.2f} {_HOURS}," if "seconds" in figures else ""


def _names(recognisers: Mapping[str, Mapping[str, Any]]) -> str:
    from askqa_builder.corpus.rejects import escape

    return escape(", ".join(f"{who['name']}, model {who['model']}" for who in recognisers.values()))


def _print_figures(figures: Mapping[str, Any], wholes: str) -> None:
    from askqa_builder.corpus.rejects import escape
    from askqa_builder.dataset.annotation import agreement_told, agreement_warnings

    total = max(figures["windows"], 1)
    parts = [f"{name} {figures[name] / total:.1%}" for name in ("kept", "undecided", "inconsistent")]
    if "silent" in figures:
        parts.append(f"silent {figures['silent'] / total:.1%}")
    print(f"{figures['windows']} windows: {', '.join(parts)}")
    labelled = sum(figures["labels"].values())
    labels = ", ".join(f"{name} {count}" for name, count in figures["labels"].items())
    print(f"{figures[wholes]} {wholes}, {labelled} with an emotion{f': {labels}' if labels else ''}")
    told = agreement_told(figures["agreement"])
    if told:
        print(f"agreement: {told}")
    for warning in agreement_warnings(figures["agreement"]):
        print(f"warning: {escape(warning)}")
    print("these are labels of recognisers, not of people")
