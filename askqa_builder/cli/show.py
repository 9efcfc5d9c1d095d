"""`askqa show`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

LONGEST_TEXT = 70


def show_command(
    dataset: Annotated[Path, typer.Argument(help="Folder of a built dataset.")],
    row_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Row to show; the first one if left out.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the recording to this .wav, .flac, .mp3 or .ogg file.")
    ] = None,
) -> int:
    """Show one row: its turns with their times, its voices and the response it waits for."""
    from askqa_builder.corpus.rejects import escape
    from askqa_builder.dataset.reading import find_row, save_recording

    row = find_row(dataset, row_id)
    for line in _lines(row):
        print(escape(line))  # the dataset may be anybody's
    if save is not None:
        save_recording(row, save)
        print(f"recording written to {save}")
    return 0


def _lines(row: dict[str, Any]) -> Iterator[str]:
    yield f"{row['id']} ({row['stage']}, {row['duration']:.2f} s)"
    voices = {speaker["role"]: speaker["voice"] for speaker in row["speakers"]}
    width = max(len("voice"), *map(len, voices.values()))
    yield f"{'start':>8} {'end':>8}  {'role':9} {'voice':{width}} text"
    for turn in row["turns"]:
        text = " ".join(turn["text"].split())
        shown = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
        yield f"{turn['start']:8.3f} {turn['end']:8.3f}  {turn['role']:9} {voices[turn['role']]:{width}} {shown}"
    response = row["response"]
    yield f"then the assistant should {response['action']}: {' | '.join(response['references'])}"
