"""`askqa verify`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from askqa_builder.verify.findings import Finding, VerifyReport

LONGEST_CELL = 90
MOST_LINES = 200


def verify_command(
    dataset: Annotated[Path, typer.Argument(help="Folder of a built dataset.")],
    source: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The corpus it was made from: check texts and responses too.")
    ] = None,
    coqa: Annotated[
        Path | None, typer.Option(metavar="PATH", help="CoQA's files, where the build took its history from them.")
    ] = None,
    thorough: Annotated[bool, typer.Option("--thorough", help="Measure F0 over all of each turn.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    workers: Annotated[int | None, typer.Option(help="Worker processes.", show_default="one per core")] = None,
) -> int:
    """Check files, rows, recordings and speech of a dataset; exit code 1 with a list where something is wrong."""
    from askqa_builder.corpus.rejects import escape
    from askqa_builder.verify.run import verify

    report = verify(dataset, source=source, coqa=coqa, thorough=thorough, workers=workers)
    if as_json:
        print(json.dumps(report.to_json(), indent=1))
    else:
        for line in _lines(report):
            print(escape(line))  # the dataset may be anybody's
    return report.exit_code


def _lines(report: VerifyReport) -> Iterator[str]:
    shown = report.findings[:MOST_LINES]
    if shown:
        table = [("check", "row", "turn", "measured", "wanted"), *map(_cells, shown)]
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]) - 1)]
        for cells in table:
            yield "  ".join([*(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)), cells[-1]])
        if report.total > len(shown):
            yield f"… and {report.total - len(shown)} more (--json shows up to ten thousand)"
    what = f"{report.rows} rows, {report.seconds / 3600:.2f} h, {report.turns} turns measured"
    counts = ", ".join(f"{count} {check}" for check, count in report.counts.most_common())
    yield f"{report.dataset}: {what}: {counts or 'nothing wrong found'}"


def _cells(finding: Finding) -> tuple[str, ...]:
    where = finding.row if finding.row is not None else finding.file or ""
    turn = "" if finding.turn is None else str(finding.turn)
    return tuple(map(_clipped, (finding.check, where, turn, finding.measured, finding.wanted)))


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
