"""A block with everything drawn: what is to be spoken, by whom, and which rows it becomes."""

from __future__ import annotations

from dataclasses import dataclass

from askqa_builder.build.plan import Take
from askqa_builder.build.restored import OldRow
from askqa_builder.corpus.conversation import ResponsePoint, Turn
from askqa_builder.speech.engine import Utterance
from askqa_builder.speech.spoken_text import SpokenText
from askqa_builder.voices.casting import Cast
from askqa_builder.voices.channels import DrawnChannel
from askqa_builder.voices.style import DrawnStyle
from askqa_builder.voices.turn_prosody import Prosody


@dataclass(frozen=True)
class PlannedParagraph:
    """A paragraph of a turn. start: its first character in the turn's spoken text. pause: seconds before it, in the
    turn."""

    utterance: Utterance
    start: int
    pause: float


@dataclass(frozen=True)
class PlannedTurn:
    """A turn as it will be spoken. paragraphs: none where nothing in the text can be pronounced.

    prosody: what is asked of the voice. pause: seconds of silence before it. loudness: LUFS. seed: of the turn. style:
    that was drawn for it, None where none was.
    """

    turn: Turn
    spoken: SpokenText
    engine: str
    paragraphs: tuple[PlannedParagraph, ...]
    prosody: Prosody
    pause: float
    loudness: float
    seed: int
    style: DrawnStyle | None = None

    @property
    def sound(self) -> tuple[object, ...]:
        """What its sound depends on; the same for turns that share it."""
        return self.turn, self.engine, self.paragraphs, self.prosody, self.loudness, self.style


@dataclass(frozen=True)
class KeptTurn:
    """A turn that a dataset holds already. place: among the turns of its row there. pause: seconds of silence before
    it. sample_rate: of the recording, Hz."""

    turn: Turn
    pause: float
    row: OldRow
    place: int
    sample_rate: int

    @property
    def sound(self) -> tuple[object, ...]:
        """What its sound depends on."""
        return self.row.file, self.row.group, self.row.place, self.place


@dataclass(frozen=True)
class PlannedRow:
    """A row: its turns as indices into the take's planned turns, and the silence after the last, seconds.

    old: the row of a dataset from which turns are kept.
    """

    point: ResponsePoint
    turns: tuple[int, ...]
    tail: float
    old: OldRow | None = None


@dataclass(frozen=True)
class PlannedTake:
    """A take, cast and drawn. Each of its turns is spoken once, in however many rows it is heard.

    channel: through which all its rows are heard, None for none.
    """

    take: Take
    cast: Cast
    turns: tuple[PlannedTurn | KeptTurn, ...]
    rows: tuple[PlannedRow, ...]
    channel: DrawnChannel | None = None
