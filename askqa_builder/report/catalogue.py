"""The rows of a finished dataset: what to choose them by, and each one whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.reading import finished_manifest, reading_errors, row_groups
from askqa_builder.report.figures import read_figures
from askqa_builder.report.row_reader import RowReader

_HEARD = "turns.list.element.text"


class Catalogue:
    """A dataset's rows by number, counted as `Frames` does. Holds figures, and no text or sound but the requests.

    frames, overview: its figures.
    """

    def __init__(self, dataset: Path) -> None:
        """Read figures. Raises UsageError where there is no finished dataset, AskqaError where it is damaged."""
        self.dataset = dataset
        records = shard_records(finished_manifest(dataset))
        self._files = [dataset / record.file for record in records]
        self.frames, self.overview = read_figures(dataset)

    @cached_property
    def _reader(self) -> RowReader:
        return RowReader(self.dataset)

    def __len__(self) -> int:
        return len(self.frames.rows)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Numbers of the rows by id; of ids that occur twice, the first."""
        ids = self.frames.rows["id"]
        return dict(zip(reversed(ids.tolist()), reversed(ids.index.tolist()), strict=True))

    @cached_property
    def requests(self) -> list[str]:
        """The request that the assistant must respond to in each row, and after a clarification the reply behind it."""
        with reading_errors(self.dataset):
            turns = (row.as_py() for file in self._files for part in _heard(file) for row in part)
            clarified = self.frames.rows["stage"] == "clarified"
            return [_request(texts, after=after) for texts, after in zip(turns, clarified, strict=True)]

    @cached_property
    def voices(self) -> list[list[str]]:
        """The voices of each row."""
        voices: list[list[str]] = [[] for _ in range(len(self))]
        for row, voice in zip(self.frames.speakers["row"], self.frames.speakers["voice"], strict=True):
            voices[row].append(voice)
        return voices

    @cached_property
    def styles(self) -> list[list[str]]:
        """The styles that turns of each row are spoken in, each once."""
        return self._of_turns(["style"])

    @cached_property
    def emotions(self) -> list[list[str]]:
        """The emotions that were asked of an engine, or recognised, in turns of each row, each once."""
        return self._of_turns(["intended", "recognised"])

    def _of_turns(self, columns: Sequence[str]) -> list[list[str]]:
        found: list[list[str]] = [[] for _ in range(len(self))]
        turns = self.frames.turns.melt(["row"], columns).dropna(subset=["value"])[["row", "value"]].drop_duplicates()
        for row, value in sorted(turns.itertuples(index=False, name=None)):
            found[row].append(value)
        return found

    def line(self, number: int) -> dict[str, Any]:
        """Return a row's line of the frame of rows."""
        return {str(name): value for name, value in self.frames.rows.loc[number].items()}

    def row(self, number: int) -> dict[str, Any]:
        """Read a row whole, with the columns of this format. Raises IndexError where there is none."""
        if not 0 <= number < len(self):
            raise IndexError(f"no row {number}")
        return self._reader.whole(number)

    def holding(self, text: str) -> npt.NDArray[np.bool_]:
        """Tell of each row whether its id or what is heard in it holds a text, upper or lower case."""
        ids = pa.array(self.frames.rows["id"].tolist(), pa.string())
        found: npt.NDArray[np.bool_] = pc.match_substring(ids, text, ignore_case=True).to_numpy(zero_copy_only=False)
        found, first = found.copy(), 0
        with reading_errors(self.dataset):
            for file in self._files:
                for turns in _heard(file):
                    matches = pc.match_substring(pc.list_flatten(turns), text, ignore_case=True)
                    rows = pc.list_parent_indices(turns).to_numpy()[matches.to_numpy(zero_copy_only=False)]
                    found[first + rows] = True
                    first += len(turns)
        return found


def _heard(file: Path) -> Iterator[pa.ListArray]:
    """Yield the texts of the turns of a shard's rows, a row group at a time."""
    for table in row_groups(file, [_HEARD]):
        lists = table.column("turns").combine_chunks()
        yield pa.ListArray.from_arrays(
            lists.offsets, pc.struct_field(lists.values, "text"), mask=lists.is_null() if lists.null_count else None
        )


def _request(texts: list[str | None] | None, *, after: bool) -> str:
    """Return the last request of a row's turns. after: two turns follow it, a question back and a reply."""
    heard = [text or "" for text in texts or []]
    if after and len(heard) > 2:
        return f"{heard[-3]} → {heard[-1]}"
    return heard[-1] if heard else ""
