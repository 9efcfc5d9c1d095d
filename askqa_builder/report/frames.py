"""A dataset as pandas frames: rows, speakers and turns with what was asked of them and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.reading import finished_manifest, reading_errors
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.upgrade import upgraded

_ROW_COLUMNS = [
    "id",
    "conversation_id",
    "story_id",
    "source",
    "license",
    "target_turn_id",
    "stage",
    "branch",
    "rendition",
    "ambiguous",
    "duration",
]
_TURN_FIELDS = ["role", "act", "start", "end", "words_per_minute", "rate", "pitch", "seed", "wer", "mos"]
_DELIVERY_FIELDS = {
    "style": "style.name",
    "draw": "style.draw",
    "text_label": "style.text_label",
    "intended": "emotion.intended.category",
    "recognised": "emotion.recognised.category",
    "f0_mean": "measured.f0_mean",
    "f0_range": "measured.f0_range",
    "articulation_rate": "measured.articulation_rate",
    "energy": "measured.energy",
}
"""How a turn is said: columns of `Frames.turns`, and where in a row's turn they stand."""
_SPEAKER_FIELDS = ["role", "engine", "model", "voice", "gender", "accent", "requested", "measured"]
_QUALITY_FIELDS = ["peak_dbfs", "longest_silence", "speech_share", "snr_db"]
_COLUMNS = [
    *_ROW_COLUMNS,
    *(f"turns.list.element.{name}" for name in (*_TURN_FIELDS, *_DELIVERY_FIELDS.values())),
    *(f"speakers.list.element.{name}" for name in _SPEAKER_FIELDS),
    "response.action",
    *(f"quality.{name}" for name in _QUALITY_FIELDS),
]
_ROWS_AT_A_TIME = 4096
_READERS = 2
"""Threads that read shards; what they decompress is not Python's."""
_READ = list(dict.fromkeys(name.split(".")[0] for name in _COLUMNS))


@dataclass(frozen=True)
class Frames:
    """A dataset's figures, a line a thing; what is unknown or infinite is NaN or None. Times in seconds.

    rows: index is the row's number in the dataset, counted over shards in the manifest's order. Columns id, config,
    split, conversation_id, story_id, source, license, target_turn_id, stage, branch, rendition, ambiguous, duration,
    action, history (turns heard before the target question, the story left out), peak_dbfs, longest_silence,
    speech_share, snr_db (decibels), and of its turns wer (the worst) and mos (the lowest).

    turns: column `row` is such a number. Columns role, act, voice, start, end, pause (silence before it), seconds,
    words, words_per_minute, rate (factor), pitch (semitones), wer, mos. How it is said, where known: style
    (name), draw, text_label (of the words alone), intended and recognised (categories of emotion), f0_mean (Hz),
    f0_range (semitones), articulation_rate (syllables a second), energy (dBFS).

    speakers: columns row, role, engine, model, voice, gender, accent, requested_rate (factor), requested_pitch
    (semitones), requested_loudness (LUFS), measured_f0 (Hz), measured_words_per_minute, measured_loudness (LUFS).
    """

    rows: pd.DataFrame
    turns: pd.DataFrame
    speakers: pd.DataFrame

    @cached_property
    def spoken(self) -> pd.DataFrame:
        """Turns, each utterance once: rows of one conversation share those that they have in common."""
        return self._once(self.turns, ["place", "seed", "start"]).drop(columns=["place", "seed"])

    @cached_property
    def cast(self) -> pd.DataFrame:
        """Speakers, once a conversation and role, with the split they are heard in."""
        return self._once(self.speakers, ["role"])

    def _once(self, frame: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
        of = self.rows[["conversation_id", "rendition", "split"]].loc[frame["row"]].reset_index(drop=True)
        frame = pd.concat([frame.reset_index(drop=True), of], axis=1)
        return frame.drop_duplicates(["split", "conversation_id", "rendition", *key]).reset_index(drop=True)


def read_frames(dataset: Path) -> Frames:
    """Read a finished dataset's figures; sound, stories and word times are not touched.

    Raises UsageError where there is none, AskqaError where it is damaged.
    """
    manifest = finished_manifest(dataset)
    records = shard_records(manifest)
    with reading_errors(dataset), ThreadPoolExecutor(_READERS) as readers:
        figures = readers.map(lambda record: _figures(dataset, record, manifest["sampling_rate"]), records)
        # one table, and pandas once: it takes milliseconds for each frame, however small
        table = pa.concat_tables(figures).combine_chunks()
    rows, turns, speakers = _rows(table), _turns(table), _speakers(table)
    voices = speakers.set_index(["row", "role"])["voice"]
    voices = voices[~voices.index.duplicated()]
    turns["voice"] = voices.reindex(pd.MultiIndex.from_frame(turns[["row", "role"]])).array
    of_row = turns.groupby("row")
    rows["wer"], rows["mos"] = of_row["wer"].max(), of_row["mos"].min()
    rows["history"] = turns["act"].isin(["question", "answer"]).groupby(turns["row"]).sum() - 1
    return Frames(rows, turns, speakers)


def _figures(dataset: Path, record: ShardRecord, sampling_rate: int) -> pa.Table:
    """Read the figures of a shard, with the columns of this format and two that say which shard it is."""
    with pq.ParquetFile(dataset / record.file, pre_buffer=False) as parquet:
        there = [parquet.schema.column(i).path for i in range(len(parquet.schema))]
        columns = [name for name in _COLUMNS if any(path == name or path.startswith(f"{name}.") for path in there)]
        # in batches of many row groups: a chunk a row group and column is more to hold than what is in it
        batches = list(parquet.iter_batches(_ROWS_AT_A_TIME, columns=columns, use_threads=False))
        read = pa.Table.from_batches(batches) if batches else parquet.schema_arrow.empty_table()
    table = upgraded(read, sampling_rate).select(_READ)
    for name, value in (("config", record.config), ("split", record.split)):
        table = table.append_column(name, pa.repeat(value, len(table)))
    return table


def _rows(table: pa.Table) -> pd.DataFrame:
    names = [_ROW_COLUMNS[0], "config", "split", *_ROW_COLUMNS[1:]]
    frame = pd.DataFrame({name: _values(table.column(name)) for name in names})
    frame["action"] = _values(_field(table.column("response").combine_chunks(), "action"))
    quality = table.column("quality").combine_chunks()
    for name in _QUALITY_FIELDS:
        frame[name] = _values(_field(quality, name))
    return frame


def _turns(table: pa.Table) -> pd.DataFrame:
    lists = table.column("turns").combine_chunks()
    turns = pc.list_flatten(lists)
    frame = pd.DataFrame({"row": pc.list_parent_indices(lists).to_numpy()})
    for name in _TURN_FIELDS:
        frame[name] = _values(_field(turns, name))
    for name, path in _DELIVERY_FIELDS.items():
        frame[name] = _values(reduce(_field, path.split("."), turns))
    frame["place"] = frame.groupby("row").cumcount()
    frame["seconds"] = frame["end"] - frame["start"]
    frame["pause"] = frame["start"] - frame.groupby("row")["end"].shift(fill_value=0.0)
    frame["words"] = (frame["words_per_minute"] * frame["seconds"] / 60).round()
    return frame


def _speakers(table: pa.Table) -> pd.DataFrame:
    lists = table.column("speakers").combine_chunks()
    speakers = pc.list_flatten(lists)
    frame = pd.DataFrame({"row": pc.list_parent_indices(lists).to_numpy()})
    for name in _SPEAKER_FIELDS:
        values = _field(speakers, name)
        if pa.types.is_struct(values.type):
            for part in values.type:
                frame[f"{name}_{part.name}"] = _values(_field(values, part.name))
        else:
            frame[name] = _values(values)
    return frame


def _field(structs: pa.StructArray, name: str) -> pa.Array:
    """Return a field, null where its struct is."""
    return pc.struct_field(structs, name)


def _values(column: pa.Array) -> Any:
    """Return a column as pandas holds it, infinite numbers unknown; its index is left behind."""
    values = column.to_pandas()
    if pa.types.is_floating(column.type):
        values = values.where(np.isfinite(values))
    return values.array
