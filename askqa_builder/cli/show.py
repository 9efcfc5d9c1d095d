"""`askqa show`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
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
    as_json: Annotated[bool, typer.Option("--json", help="Print all of the row but its sound as JSON.")] = False,
) -> int:
    """Show one row: its turns with their times and how they are said, its voices and the response it waits for."""
    from askqa_builder.corpus.rejects import escape
    from askqa_builder.dataset.reading import find_row, save_recording

    row = find_row(dataset, row_id)
    if as_json:
        print(json.dumps({**row, "audio": {"path": row["audio"]["path"]}}, indent=1))
    else:
        for line in _lines(row):
            print(escape(line))  # the dataset may be anybody's
    if save is not None:
        save_recording(row, save)
        print(f"recording written to {save}", file=sys.stderr if as_json else sys.stdout)
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
        told = list(_delivery(turn))
        if told:
            yield f"{'':17}  {'':9} {'':{width}} [{'; '.join(told)}]"
    response = row["response"]
    yield f"then the assistant should {response['action']}: {' | '.join(response['references'])}"


def _delivery(turn: Mapping[str, Any]) -> Iterator[str]:
    """Yield how a turn is said, as far as that is known: what was asked, what recognisers found, what was measured."""
    from askqa_builder.hearing.labelling import measures_of
    from askqa_builder.hearing.metadata import affect_told, measures_told
    from askqa_builder.voices.emotion import Affect

    style, emotion = (turn.get(name) or {} for name in ("style", "emotion"))
    if style.get("name") is not None:
        label, congruent = style["text_label"], emotion.get("congruent")
        suits = "" if congruent is None else ", which it suits" if congruent else ", which it does not suit"
        yield f"style {style['name']}" + ("" if label is None else f" (words {label}{suits})")
    try:
        for name in ("intended", "recognised"):
            affect = emotion.get(name) or {}
            told, agreement = affect_told(Affect.from_json(affect)), affect.get("agreement")
            if told:
                yield f"{name} {told}" + ("" if agreement is None else f" (agreement {100 * agreement:.0f} %)")
        yield from filter(None, [measures_told(measures_of(turn))])
    except ValueError as error:  # the dataset may be anybody's
        yield f"the rest is as no label can be: {error}"
