"""Which clips a listening sheet has: turns drawn evenly over roles and voices, the same ones where it is made again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from askqa_builder.dataset.reading import finished_manifest
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.report.frames import Frames, read_frames
from askqa_builder.report.listening.draw import Anchor, Candidate, Clip, Draw
from askqa_builder.report.listening.excerpts import SHORTEST, Excerpt, excerpt
from askqa_builder.report.listening.keys import config_digest
from askqa_builder.report.row_reader import RowReader
from askqa_builder.seeds import digest


class Heard:
    """A dataset that clips are cut from."""

    def __init__(self, dataset: Path) -> None:
        self.dataset = dataset
        self.digest = config_digest(finished_manifest(dataset))
        self.frames: Frames = read_frames(dataset)
        self._rows = RowReader(dataset)

    @cached_property
    def turns(self) -> pd.DataFrame:
        """Turns, each utterance once; columns row, id, conversation_id, rendition, place (index in its row's turns),
        role, act, voice, seconds, style, intended."""
        rows = self.frames.rows
        names = ["row", "place", "role", "act", "voice", "seconds", "seed", "start", "style", "intended"]
        turns = self.frames.turns[names].copy()
        of = rows[["id", "conversation_id", "rendition"]].loc[turns["row"]].reset_index(drop=True)
        turns = pd.concat([turns.reset_index(drop=True), of], axis=1)
        once = turns.drop_duplicates(["conversation_id", "rendition", "place", "seed", "start"])
        return once.dropna(subset=["role", "voice", "id"])

    def excerpt(self, row: int, place: int) -> Excerpt | None:
        """Return what is heard of a turn; None where it cannot be cut. The text of one row is read."""
        return excerpt(self._rows.text(row), place)

    def cut(self, clip: Clip | Anchor) -> tuple[npt.NDArray[np.int16], int]:
        """Return the samples [n] of a clip and their rate."""
        samples, rate = self._rows.samples(clip.row)
        part = samples[clip.excerpt.start : clip.excerpt.end]
        if samples.ndim != 1 or len(part) < clip.excerpt.end - clip.excerpt.start:
            row_id = self.frames.rows["id"].loc[clip.row]
            raise AskqaError(f"turn {clip.turn} of {row_id!r} lies outside its recording; build the dataset again")
        return part, rate


def draw_clips(sides: Sequence[Heard], count: int, seed: int) -> list[Clip]:
    """Draw up to `count` clips, half of each side, in an order that tells nothing.

    With two sides the same turns are heard in both, as far as both have them. Raises UsageError where there is nothing
    to hear, or where the two are the same build.
    """
    if len(sides) > 1 and sides[0].digest == sides[1].digest:
        raise UsageError(
            f"{sides[0].dataset} and {sides[1].dataset} are the same build; compare it with another one, as of askqa "
            "regenerate"
        )
    draw = Draw(sides)
    each = count // len(sides)
    if len(sides) > 1:
        draw.take(_both(sides, seed), each)
    for side in range(len(sides)):
        draw.take(_alone(sides[side], side, seed), each - sum(clip.side == side for clip in draw.clips))
    if not draw.clips:
        raise UsageError(
            f"{sides[0].dataset} has no turn to hear: none of up to 12 s, and no word times to cut longer ones by"
        )
    return sorted(draw.clips, key=lambda clip: clip.key)


def _alone(heard: Heard, side: int, seed: int) -> Iterator[Candidate]:
    columns = (heard.turns[name].tolist() for name in ("role", "voice", "id", "place", "seconds", "row"))
    for role, voice, row_id, place, seconds, row in zip(*columns, strict=True):
        rank = digest("draw", seed, row_id, place)
        yield Candidate(role, role, (voice,), row_id, seconds < SHORTEST, rank, ((side, row, place),))


def _both(sides: Sequence[Heard], seed: int) -> Iterator[Candidate]:
    first, second = (side.turns for side in sides)
    both = first.merge(second, on=["id", "place", "role", "act"], suffixes=("", "_2"))
    names = ("role", "voice", "voice_2", "id", "place", "seconds", "seconds_2", "row", "row_2")
    columns = (both[name].tolist() for name in names)
    for role, voice, other_voice, row_id, place, seconds, other_seconds, row, other_row in zip(*columns, strict=True):
        short = min(seconds, other_seconds) < SHORTEST
        places = ((0, row, place), (1, other_row, place))
        yield Candidate(role, role, (voice, other_voice), row_id, short, digest("draw", seed, row_id, place), places)
