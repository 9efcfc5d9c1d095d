"""The response example of a row: what exports of a dataset train a model to say."""

from __future__ import annotations

from collections.abc import Sequence

from askqa_builder.hearing.clip_files import AudioFile
from askqa_builder.hearing.heard import Heard
from askqa_builder.hearing.row_times import Row
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.making import Origin, finished
from askqa_builder.tasks.response import Response
from askqa_builder.tasks.task import Draw
from askqa_builder.tasks.wordings import load_wordings


class Responder:
    """Makes the response examples of rows."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._task = Response(load_wordings())

    def example(self, row: Row, heard: Heard, split: str, audio: Sequence[AudioFile]) -> Example:
        """Return the example of a row. audio: the files of what is heard."""
        one = HeardRow(row, heard, split)
        draft = next(self._task.drafts(one, Draw(self._seed, self._task.name, row["id"])))
        example_id = f"{row['id']}/{self._task.name}/{draft.kind}"
        return finished(self._task.tagged(draft), Origin(example_id, self._task.name, one, audio, self._seed))
