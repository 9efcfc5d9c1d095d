"""What can be heard beside the clips of a request: the end of its recording, and other rows."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import pyarrow.parquet as pq

from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.sound import decoded
from askqa_builder.dataset.source import Source
from askqa_builder.dataset.upgrade import upgraded
from askqa_builder.evaluation.dialogue import Recording
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.models.ways import Listening
from askqa_builder.evaluation.requests import clips_of, heard_turns
from askqa_builder.hearing.heard import Clip, Heard
from askqa_builder.hearing.labelling import metadata_of
from askqa_builder.hearing.listening import TooLongError, hear
from askqa_builder.hearing.metadata import render
from askqa_builder.hearing.options import Hearing
from askqa_builder.hearing.row_times import turn_samples

Row = dict[str, Any]


class OtherRows:
    """Lets other items be heard than the one that is asked about; threads may share it."""

    def __init__(self, source: Source, shards: Sequence[ShardRecord], hearing: Hearing) -> None:
        """Look where the rows are; only their ids are read."""
        self._source = source
        self._hearing = hearing
        self._places: dict[str, tuple[str, int, int]] = {}
        self._lock = Lock()  # a row group is tens of megabytes: one at a time
        for shard in shards:
            with pq.ParquetFile(source.folder / shard.file) as parquet:
                for group in range(parquet.num_row_groups):
                    ids = parquet.read_row_group(group, columns=["id"]).column("id").to_pylist()
                    self._places |= {one: (shard.file, group, number) for number, one in enumerate(ids)}

    def of(self, item: Item) -> Listening:
        """Return what is heard of an item, up to its request.

        Raises TooLongError where it is longer than what the model hears at once.
        """
        row = self._row(item.row_id)
        heard = hear(row, self._hearing)
        turns = heard_turns(row, heard)
        return Listening(clips_of(row, heard), row["sampling_rate"], turns, heard.story, heard.metadata)

    def _row(self, row_id: str) -> Row:
        file, group, number = self._places[row_id]
        with self._lock, pq.ParquetFile(self._source.folder / file) as parquet:
            table = upgraded(parquet.read_row_group(group), self._source.sampling_rate)
            row: Row = table.slice(number, 1).to_pylist()[0]
            return row


class RecordingSounds:
    """What a recording lets be heard beside its clips, and what other rows do (`models.ways.Sounds`)."""

    def __init__(self, recording: Recording, hearing: Hearing, others: OtherRows) -> None:
        self._recording = recording
        self._hearing = hearing
        self._others = others

    def last_turns(self, turns: int) -> Listening:
        """Return the last so many turns as one clip, from the middle of the pause before them on.

        Raises TooLongError where it is longer than what the model hears at once.
        """
        row = self._recording.row
        samples, rate = decoded(row)
        first = len(row["turns"]) - turns
        start = 0 if first == 0 else (turn_samples(row, first - 1)[1] + turn_samples(row, first)[0]) // 2
        window = self._hearing.window
        if window is not None and len(samples) - start > window * rate:
            seconds = (len(samples) - start) / rate
            raise TooLongError(f"{row['id']}: a clip of {seconds:.1f} s, where the target hears {window:g} s at once")
        heard = Heard((Clip(((start, len(samples)),)),), rate, _characters_since(row, first))
        metadata = render(metadata_of(row, heard)) if self._hearing.metadata else None
        return Listening([samples[start:]], rate, heard_turns(row, heard), metadata=metadata)

    def of(self, item: Item) -> Listening:
        """See `OtherRows.of`."""
        return self._others.of(item)


def _characters_since(row: Row, first: int) -> tuple[tuple[int, int] | None, ...]:
    """Return the characters of each turn's text that are heard: all of those from a turn on."""
    return tuple((0, len(turn["text"])) if number >= first else None for number, turn in enumerate(row["turns"]))
