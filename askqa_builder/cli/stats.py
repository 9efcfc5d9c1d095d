"""`askqa stats`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from askqa_builder.errors import UsageError


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
    into_card: Annotated[
        bool,
        typer.Option("--into-card", help="Keep what listeners said of the styles in the dataset's manifest and card."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> int:
    """Print what is in a dataset: sizes, licences, voices, how its speech is spread, what stands out."""
    from askqa_builder.cli.stats_tables import terminal_width, told, told_ratings
    from askqa_builder.cli.style_tables import told_style_ratings
    from askqa_builder.report.listening.keeping import keep_opinions
    from askqa_builder.report.stats import stats

    found = stats(dataset, ratings=ratings or (), against=against)
    if into_card:
        if found.style_ratings is None:
            raise UsageError(
                "--into-card needs ratings of styles: add --ratings FILE of askqa report --rate N --styles"
            )
        keep_opinions(dataset, found.style_ratings)
    if as_json:
        print(json.dumps(found.to_json(), indent=1, allow_nan=False))
        return 0
    width = terminal_width()
    lines: list[str] = []
    if found.ratings is not None:
        lines += told_ratings(found.ratings, width, all_voices=all_voices)
    if found.style_ratings is not None:
        lines += told_style_ratings(found.style_ratings, width)
    for line in lines or told(found, width, all_voices=all_voices):
        print(line)
    return 0
