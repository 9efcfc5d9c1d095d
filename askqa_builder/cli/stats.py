"""`askqa stats`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def stats_command(
    dataset: Annotated[Path, typer.Argument(help="Folder of a built dataset.")],
    all_voices: Annotated[bool, typer.Option("--voices", help="List each voice, however many there are.")] = False,
    ratings: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Sum up what listeners rated in a listening test; repeat it for each file."),
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="DATASET", help="The second dataset of that sheet, to compare.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> int:
    """Print what is in a dataset: sizes, licences, voices, how its speech is spread, what stands out."""
    from askqa_builder.cli.stats_tables import terminal_width, told, told_ratings
    from askqa_builder.report.stats import stats

    found = stats(dataset, ratings=ratings or (), against=against)
    if as_json:
        print(json.dumps(found.to_json(), indent=1, allow_nan=False))
        return 0
    width = terminal_width()
    if found.ratings is None:
        lines = told(found, width, all_voices=all_voices)
    else:
        lines = told_ratings(found.ratings, width, all_voices=all_voices)
    for line in lines:
        print(line)
    return 0
