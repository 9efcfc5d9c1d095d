"""What a user says about reading, checked against the corpus that is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from askqa_builder.corpus.coqa_history import CoqaDialogues
from askqa_builder.corpus.formats import ABG_COQA, COQA, FORMATS
from askqa_builder.corpus.json_file import shown_path
from askqa_builder.corpus.reading import ALL_TURNS, Reading
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.corpus.sources import find_sources
from askqa_builder.errors import UsageError

LAST_TURN = "last"

_MOST_TURNS = 1_000_000


def parse_turns(turns: int | str) -> int | str:
    """Return how many questions of a dialogue become targets: a number from 1, or ALL_TURNS. The last alone is 1.

    Raises UsageError where it is neither a number nor "last" or "all".
    """
    text = str(turns)
    if text == LAST_TURN:
        return 1
    if text == ALL_TURNS:
        return text
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and 1 <= int(text) <= _MOST_TURNS):
        raise UsageError(f"turns: {text!r} is not allowed; give {LAST_TURN}, {ALL_TURNS} or a whole number from 1")
    return int(text)


def make_reading(sources: Sequence[SourceFile], turns: int | str | None, coqa: Path | None) -> Reading:
    """Return how to read the sources.

    turns: as `parse_turns` returns it, None where nothing is said. coqa: a CoQA file or a folder of them, from which
    Abg-CoQA's items take their history. Raises UsageError where either means nothing for these sources, and where
    `coqa` cannot be read or is not CoQA.
    """
    format = FORMATS[sources[0].format]
    if turns is not None and format.has_targets:
        choosable = ", ".join(other.title for other in FORMATS.values() if not other.has_targets)
        raise UsageError(f"turns: {format.title} names its target turns itself; leave it out (it is for {choosable})")
    if not format.has_targets:
        turns = turns or 1
    if coqa is None:
        return Reading(turns)
    if format.name != ABG_COQA:
        raise UsageError(f"coqa: {format.title} has its whole history; leave it out (it is for Abg-CoQA)")
    files = find_sources(coqa, None)
    if files[0].format != COQA:
        raise UsageError(f"coqa: {shown_path(coqa)} is {FORMATS[files[0].format].title}; give coqa-*-v1.0.json")
    return Reading(turns, CoqaDialogues.read(files))
