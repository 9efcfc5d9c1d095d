"""What a model is given of a recording at a point of a dialogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from askqa_builder.dataset.sound import decoded
from askqa_builder.evaluation.dialogue import Moment, Recording, Row
from askqa_builder.evaluation.item import Said
from askqa_builder.evaluation.models.model import Request
from askqa_builder.evaluation.models.sound import Sound
from askqa_builder.hearing.heard import Heard
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.options import Hearing
from askqa_builder.hearing.sound import clip_samples
from askqa_builder.hearing.story_part import relevant_paragraph


@dataclass(frozen=True)
class Requests:
    """Makes requests. sound: whether the model under test hears; else it reads. clips: whether it hears what there is;
    else none of it is cut, and no window heeded."""

    hearing: Hearing
    sound: bool
    clips: bool

    def make(self, recording: Recording, moment: Moment) -> Request:
        """Return what can be heard and read, without a prompt.

        Raises TooLongError where a clip is longer than what the model hears at once, SpeechError where a turn cannot
        be spoken.
        """
        row = recording.row if self.sound else moment.row
        hearing = self.hearing if self.clips else replace(self.hearing, window=None, segments=None)
        heard = hear(_with_paragraph_of(moment.row, row) if hearing.context == "evidence" else row, hearing)
        said = () if self.sound else moment.said
        return Request(
            item=moment.item,
            round=moment.round,
            clips=clips_of(row, heard) if self.clips else (),
            sampling_rate=row["sampling_rate"],
            prompt="",
            turns=[*heard_turns(row, heard), *said],
            story=heard.story,
            metadata=heard.metadata,
        )


def _with_paragraph_of(first: Row, row: Row) -> Row:
    """Return a row whose relevant paragraph is that of its first turns: what follows adds to what is heard, and takes
    nothing away."""
    start, end = relevant_paragraph(first)
    return {**row, "evidence": {**row["evidence"], "char_start": start, "char_end": end}}


def clips_of(row: Row, heard: Heard) -> list[Sound]:
    """Return the clips of a row with its audio."""
    samples, _ = decoded(row)
    return [clip_samples(samples, row, heard, clip) for clip in heard.clips]


def heard_turns(row: Row, heard: Heard) -> Sequence[Said]:
    """Return the text of what is heard of a row's turns."""
    spans = zip(row["turns"], heard.characters, strict=True)
    return [Said(turn["role"], turn["text"][slice(*span)]) for turn, span in spans if span is not None]


def base_turns(row: Row) -> Sequence[Said]:
    """Return the text of all turns of a row."""
    return [Said(turn["role"], turn["text"]) for turn in row["turns"]]
