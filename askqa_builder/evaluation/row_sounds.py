"""The recordings of a dataset's rows, one at a time, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import pyarrow.parquet as pq

from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.source import Source
from askqa_builder.dataset.upgrade import upgraded
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.models.ways import Listening
from askqa_builder.evaluation.requests import clips_of, heard_turns
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.options import Hearing

Row = dict[str, Any]


class RowSounds:
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
        """See `Sounds.of`. Raises TooLongError where it is longer than what the model hears at once."""
        row = self._row(item.row_id)
        heard = hear(row, self._hearing)
        return Listening(clips_of(row, heard), row["sampling_rate"], heard_turns(row, heard), heard.story)

    def _row(self, row_id: str) -> Row:
        file, group, number = self._places[row_id]
        with self._lock, pq.ParquetFile(self._source.folder / file) as parquet:
            table = upgraded(parquet.read_row_group(group), self._source.sampling_rate)
            row: Row = table.slice(number, 1).to_pylist()[0]
            return row
