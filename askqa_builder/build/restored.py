"""Conversations of a finished dataset, with the places where its recordings hold their turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from askqa_builder.corpus.conversation import Conversation, ResponsePoint, Role, Stage
from askqa_builder.voices.casting import SpeakerProfile


@dataclass(frozen=True)
class OldRow:
    """A row of the dataset.

    file: its shard, relative to the dataset. group, place: row group in it, and row in that. starts, ends: of its
    turns, in samples. length: of the recording.
    """

    file: str
    group: int
    place: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    length: int

    def silence_before(self, turn: int) -> int:
        """Return the samples of silence before a turn."""
        return self.starts[turn] - (self.ends[turn - 1] if turn else 0)

    @property
    def silence_at_end(self) -> int:
        """Samples of silence after the last turn."""
        return self.length - self.ends[-1]


@dataclass(frozen=True)
class RestoredConversation(Conversation):
    """One conversation in one rendition, as the rows of a dataset tell it.

    rows: what the assistant must respond to, and where its recording is; the first holds all turns that the rows share.
    speakers: who spoke.
    """

    rows: tuple[tuple[ResponsePoint, OldRow], ...]
    speakers: Mapping[Role, SpeakerProfile]

    def points(self, stages: Sequence[Stage]) -> Iterator[ResponsePoint]:
        """Yield the points of the rows that there are, of the wanted stages."""
        return (point for point, _ in self.rows if point.stage in stages)

    def old_row(self, point: ResponsePoint) -> OldRow:
        """Return where the recording of a point is."""
        return next(row for found, row in self.rows if found.suffix == point.suffix)
