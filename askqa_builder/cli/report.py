"""`askqa report`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from askqa_builder.errors import UsageError


def report_command(
    dataset: Annotated[Path, typer.Argument(help="Folder of a built dataset.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="HTML file to write.", show_default="<dataset>-report.html or -listening.html here"
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="DATASET", help="Another dataset of the same conversations, to hear side by side."),
    ] = None,
    rows: Annotated[
        int | None, typer.Option(min=0, help="Most recordings on the page, taken evenly.", show_default="200")
    ] = None,
    max_audio_mb: Annotated[
        float | None, typer.Option(metavar="MB", min=0, help="Most audio on the page; 0 for none.", show_default="100")
    ] = None,
    redistributable: Annotated[
        bool, typer.Option("--redistributable", help="Only recordings whose text may be passed on, as far as is known.")
    ] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve every recording on 127.0.0.1 instead, until Ctrl-C.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port for --serve.", show_default="a free one")
    ] = None,
    rate: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Write a listening test of N blind clips instead.")
    ] = None,
    styles: Annotated[
        bool, typer.Option("--styles", help="With --rate: listeners tell in which style it is said.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Of the clips that --rate draws.", show_default="0")] = None,
) -> int:
    """Write a page to look at a dataset and listen to it, serve it, or write a listening test."""
    if serve and rate is not None:
        raise UsageError("give --serve or --rate, not both")
    page = {"--rows": rows, "--max-audio-mb": max_audio_mb, "--redistributable": redistributable or None}
    if serve:
        _refuse("--serve", {"--out": out, "--seed": seed, "--styles": styles or None, **page})
        return _serve(dataset, against, port or 0)
    if rate is not None:
        _refuse("--rate", {"--port": port, **page})
        return _listening_sheet(dataset, out, rate, seed or 0, against, styles=styles)
    _refuse("a page", {"--port": port, "--seed": seed, "--styles": styles or None})
    from askqa_builder.report.report import MAX_AUDIO_MB, ROWS, report

    written = report(
        dataset,
        out,
        against=against,
        rows=ROWS if rows is None else rows,
        max_audio_mb=MAX_AUDIO_MB if max_audio_mb is None else max_audio_mb,
        redistributable=redistributable,
    )
    size = written.path.stat().st_size / 1e6
    print(f"{written.path}: {size:.1f} MB, {written.with_audio} of {written.of} recordings to listen to")
    if written.closed:
        print(
            f"{written.closed} of its {written.rows} recordings have text that may not be passed on, as far as is "
            "known; --redistributable leaves them out"
        )
    return 0


def _refuse(what: str, options: Mapping[str, object]) -> None:
    """Raise UsageError for an option that would do nothing."""
    given = next((name for name, value in options.items() if value is not None), None)
    if given is not None:
        raise UsageError(f"{given} does nothing for {what}; leave it out")


def _listening_sheet(
    dataset: Path, out: Path | None, clips: int, seed: int, against: Path | None, *, styles: bool
) -> int:
    from askqa_builder.report.listening.sheet import listening_sheet

    sheet = listening_sheet(dataset, out, clips=clips, seed=seed, against=against, styles=styles)
    compared = f" --against {against}" if against else ""
    if styles:
        heard = (
            "each after a neutral turn of its speaker" if sheet.anchored else "without a neutral turn to compare with"
        )
        print(f"{', '.join(f'{name} {clips}' for name, clips in sheet.styles.items())}; {heard}")
    print(f"{sheet.path}: listening test {sheet.id}, {sheet.clips} clips; sum up what raters save with")
    print(f"askqa stats {dataset} --ratings FILE.csv{compared}{' --into-card' if styles else ''}")
    return 0


def _serve(dataset: Path, against: Path | None, port: int) -> int:
    from askqa_builder.report.serve import ReportServer

    with ReportServer(dataset, against, port) as server:
        print(f"{server.address}  (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:  # the way to end it, not an accident
            print()
    return 0
