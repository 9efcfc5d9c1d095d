"""`askqa report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from askqa_builder.errors import UsageError


def report_command(
    dataset: Annotated[Path, typer.Argument(help="Folder of a built dataset.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="HTML file to write.", show_default="<dataset>-report.html here"),
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
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve every recording on 127.0.0.1 instead, until Ctrl-C.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port for --serve.", show_default="a free one")
    ] = None,
) -> int:
    """Write a page to look at a dataset and listen to it, or serve it."""
    of_page = {"--out": out, "--rows": rows, "--max-audio-mb": max_audio_mb}
    if serve:
        given = [name for name, value in of_page.items() if value is not None]
        if given:
            raise UsageError(f"--serve writes no page; leave {given[0]} out")
        return _serve(dataset, against, port or 0)
    if port is not None:
        raise UsageError("--port is for --serve; give both")
    from askqa_builder.report.report import MAX_AUDIO_MB, ROWS, default_name, report

    written = report(
        dataset,
        out or default_name(dataset),
        against=against,
        rows=ROWS if rows is None else rows,
        max_audio_mb=MAX_AUDIO_MB if max_audio_mb is None else max_audio_mb,
    )
    size = written.path.stat().st_size / 1e6
    print(f"{written.path}: {size:.1f} MB, {written.with_audio} of {written.of} recordings to listen to")
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
