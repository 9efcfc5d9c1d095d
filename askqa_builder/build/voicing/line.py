"""What is to be said by a speaker of a row, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from askqa_builder.build.planned import PlannedTurn
from askqa_builder.build.turns import HeardTurn, HeardWord
from askqa_builder.corpus.conversation import Act, Action, Role
from askqa_builder.recording.timeline import Seconds, Timeline
from askqa_builder.recording.turn_measures import TurnMeasures
from askqa_builder.speech.engine import Pcm
from askqa_builder.voices.channels import DrawnChannel
from askqa_builder.voices.style import DrawnStyle
from askqa_builder.voices.voice import Controls

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """A text for a role of a row.

    row: as read from a shard; its audio is needed only where the dataset's recordings are noisy. turn: which turn of
    the row's recording it is, counted from 0; None for the one after the last. A turn that the row has is spoken as it
    was; what else is drawn depends on row, role, text and turn alone.
    """

    row: Row
    role: Role
    act: Act
    text: str
    turn: int | None = None

    @classmethod
    def response(cls, row: Row) -> Line:
        """Return what the assistant should say next, by the row's `response`."""
        told = row["response"]
        act = Act.CLARIFYING_QUESTION if told["action"] == Action.CLARIFY.value else Act.ANSWER
        return cls(row, Role.ASSISTANT, act, told["text"])

    @property
    def index(self) -> int:
        """Which turn of the recording it is."""
        return len(self.row["turns"]) if self.turn is None else self.turn


@dataclass(frozen=True, eq=False)
class SpokenLine:
    """A line as it is heard in its row's recording.

    pcm: speech at both ends, through the channel of the row. dry: the same before the channel. words: samples from the
    start, characters of the line's text; none where the engine tells none. pause: seconds of silence that are drawn
    before it. seed, rate, pitch, style, measured: as a row's `turns` tell them. loudness: LUFS before the channel.
    """

    line: Line
    pcm: Pcm
    dry: Pcm
    sampling_rate: int
    words: tuple[HeardWord, ...]
    spoken_text: str
    pause: Seconds
    seed: int
    rate: float
    pitch: float
    loudness: float
    style: DrawnStyle | None
    measured: TurnMeasures


@dataclass(frozen=True)
class Through:
    """A row's channel. recording: the row's, as a file; None where the channel's levels are known without."""

    channel: DrawnChannel
    gain: float
    timeline: Timeline
    recording: bytes | None


@dataclass(frozen=True)
class PlannedLine:
    """A line with all that is drawn. controls: of its voice. seconds: estimated. start: where in the row's recording
    it begins, in samples."""

    turn: PlannedTurn
    controls: Controls
    seconds: Seconds
    start: int
    through: Through | None


@dataclass(frozen=True, eq=False)
class HeardLine:
    """A line as its speaker said it, and what of that is heard: its samples through the channel."""

    heard: HeardTurn
    pcm: Pcm
