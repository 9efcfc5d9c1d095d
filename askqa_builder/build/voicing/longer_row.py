"""A row that goes on with further turns, as if it had been built with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from askqa_builder.build.rows import recording_columns, turn_columns, word_columns
from askqa_builder.build.turns import HeardTurn
from askqa_builder.build.voicing.appending import Continued
from askqa_builder.build.voicing.line import Row, SpokenLine
from askqa_builder.corpus.conversation import Turn
from askqa_builder.recording.encode import AudioFormat
from askqa_builder.recording.timeline import Timeline


def longer_row(row: Row, spoken: Sequence[SpokenLine], whole: Continued, audio_format: AudioFormat) -> dict[str, Any]:
    """Return a row with its recording, its length, turns and words as they are with lines that were spoken for it.

    whole: the recording that goes on with them. audio_format: of the row's `audio`. All other columns are the row's,
    also `speakers`, `quality` and `channel`, which tell what was measured in it, and `response`.
    """
    before = len(row["turns"])
    places = whole.timeline
    added = Timeline(places.starts[before:], places.ends[before:], places.length, places.sample_rate)
    turns = [_heard(line) for line in spoken]
    return {
        **row,
        **recording_columns(row["id"], whole.pcm, places.sample_rate, audio_format),
        "turns": [*row["turns"], *turn_columns(turns, added)],
        "words": [*row["words"], *word_columns(turns, added, before)],
    }


def _heard(spoken: SpokenLine) -> HeardTurn:
    line = spoken.line
    return HeardTurn(
        turn=Turn(line.role, line.act, line.text),
        spoken_text=spoken.spoken_text,
        pcm=spoken.pcm,
        words=spoken.words,
        loudness=spoken.loudness,
        seed=spoken.seed,
        rate=spoken.rate,
        pitch=spoken.pitch,
        style=spoken.style,
        measured=spoken.measured,
    )
