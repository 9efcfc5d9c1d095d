"""Which clips a listening test of styles has: turns drawn evenly over ways of speaking and voices, each after another
turn of the same speaker in the usual way.

How lively somebody speaks is heard against how the same person speaks otherwise: voices differ more in pitch, pace and
level than styles do. So each clip comes after a neutral turn of its speaker, in the same recording or another of
the conversation, where rate, pitch and level are the ones that were drawn for this speaker. All clips have such an
anchor or none has: if only neutral ones lacked it, that would tell them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from askqa_builder.errors import UsageError
from askqa_builder.report.listening.clips import Heard
from askqa_builder.report.listening.deliveries import choices, delivery_of, told_apart
from askqa_builder.report.listening.draw import Candidate, Clip, Draw, Place
from askqa_builder.report.listening.excerpts import SHORTEST
from askqa_builder.seeds import digest
from askqa_builder.voices.style import NEUTRAL

_SPEAKER = ["conversation_id", "rendition", "role", "voice"]


@dataclass(frozen=True)
class DrawnStyles:
    """clips: in an order that tells nothing. choices: ways of speaking to choose from. anchored: whether each clip is
    heard after a neutral turn of its speaker."""

    clips: list[Clip]
    choices: list[str]
    anchored: bool


def draw_styles(heard: Heard, count: int, seed: int) -> DrawnStyles:
    """Draw up to `count` clips. Raises UsageError where a dataset has no two ways of speaking to tell apart."""
    names = choices(heard.turns)
    if len(names) < 2:
        raise UsageError(
            f"{heard.dataset} has no two styles to tell apart: no role says things of one kind in two ways; build it "
            "with a profile set that has styles"
        )
    if count < len(names):
        raise UsageError(f"{count} clips are too few for {len(names)} ways of speaking; give at least {len(names)}")
    for anchored in (True, False):
        draw = Draw([heard])
        draw.take(_candidates(heard, seed, anchored=anchored), count)
        if {clip.group for clip in draw.clips} == set(names):
            break
    if not draw.clips:
        raise UsageError(
            f"{heard.dataset} has no turn to hear: none of up to 12 s, and no word times to cut longer ones"
        )
    return DrawnStyles(sorted(draw.clips, key=lambda clip: clip.key), names, anchored)


def _candidates(heard: Heard, seed: int, *, anchored: bool) -> Iterator[Candidate]:
    anchors = _anchors(heard.turns)
    turns = told_apart(heard.turns)
    columns = (turns[name].tolist() for name in ("delivery", "role", "voice", "id", "place", "seconds", "row"))
    speakers = turns[_SPEAKER].itertuples(index=False, name=None)
    for (delivery, role, voice, row_id, place, seconds, row), speaker in zip(
        zip(*columns, strict=True), speakers, strict=True
    ):
        others = tuple(other for other in anchors.get(speaker, ()) if other != (row, place))
        if anchored and not others:
            continue
        rank = digest("draw styles", seed, row_id, place)
        short, places = seconds < SHORTEST, ((0, row, place),)
        yield Candidate(delivery, role, (voice,), row_id, short, rank, places, others if anchored else None)


def _anchors(turns: pd.DataFrame) -> dict[tuple[object, ...], list[Place]]:
    """Return the turns of each speaker in the usual way, those that are long enough to tell it first."""
    delivery = delivery_of(turns)
    usual = turns[delivery.isna() | (delivery == NEUTRAL)].sort_values("seconds", ascending=False, kind="stable")
    usual = pd.concat([usual[usual["seconds"] >= SHORTEST], usual[usual["seconds"] < SHORTEST]])
    found: dict[tuple[object, ...], list[Place]] = {}
    columns = usual[_SPEAKER].itertuples(index=False, name=None)
    for speaker, row, place in zip(columns, usual["row"].tolist(), usual["place"].tolist(), strict=True):
        found.setdefault(speaker, []).append((row, place))
    return found
