"""A block with everything drawn: what is to be spoken, by whom, and which rows it becomes."""

from __future__ import annotations

from dataclasses import dataclass

from askqa_builder.build.plan import Take
from askqa_builder.corpus.conversation import ResponsePoint, Turn
from askqa_builder.speech.engine import Utterance
from askqa_builder.speech.spoken_text import SpokenText
from askqa_builder.voices.casting import Cast
from askqa_builder.voices.channels import DrawnChannel


@dataclass(frozen=True)
class PlannedTurn:
    """A turn as it will be spoken. utterance: None where nothing in the text can be pronounced.

    pause: seconds of silence before it. loudness: LUFS. seed: of the utterance.
    """

    turn: Turn
    spoken: SpokenText
    engine: str
    utterance: Utterance | None
    pause: float
    loudness: float
    seed: int


@dataclass(frozen=True)
class PlannedRow:
    """A row: its turns as indices into the take's planned turns, and the silence after the last, seconds."""

    point: ResponsePoint
    turns: tuple[int, ...]
    tail: float


@dataclass(frozen=True)
class PlannedTake:
    """A take, cast and drawn. Each of its turns is spoken once, in however many rows it is heard.

    channel: through which all its rows are heard, None for none.
    """

    take: Take
    cast: Cast
    turns: tuple[PlannedTurn, ...]
    rows: tuple[PlannedRow, ...]
    channel: DrawnChannel | None = None
