"""The rows of a dataset as items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from askqa_builder.build.voicing.row_voices import RowVoices
from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.reading import finished_manifest, row_groups
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.upgrade import check_rewritable, upgraded
from askqa_builder.errors import UsageError
from askqa_builder.export.format import Format, Item, RowItem
from askqa_builder.export.options import SoundChoice
from askqa_builder.export.responses import (
    ROWS_AT_ONCE,
    Answered,
    Answering,
    LongerRows,
    ResponseFiles,
    Unanswered,
    Unspoken,
)
from askqa_builder.export.source import Faults, Source, Survey
from askqa_builder.hearing.clip_files import ClipFiles
from askqa_builder.hearing.cutting import CannotCutError
from askqa_builder.hearing.heard import Heard
from askqa_builder.hearing.labelling import COLUMNS as LABEL_COLUMNS
from askqa_builder.hearing.labelling import UnlabelledError
from askqa_builder.hearing.listening import TooLongError, UntimedStoryError
from askqa_builder.hearing.row_times import Row
from askqa_builder.tasks.responding import Responder

_HEARING_COLUMNS = ["id", "conversation_id", "stage", "num_samples", "sampling_rate", "pcm_sha256"]
_HEARING_COLUMNS += ["story", "words", "response", "evidence", *LABEL_COLUMNS]
_ROWS_AT_ONCE = 16

_WRONG = {
    TooLongError: "have a clip that the target does not hear whole",
    CannotCutError: "cannot be cut",
    UntimedStoryError: "have a story without times",
    UnlabelledError: "have no labels",
}
_LONGER_REMEDY = "give a longer --window, and --overwrite to discard what is there of this one, or leave --window out"
_LACKING_REMEDY = "build with align: pocketsphinx in the profile set, which finds the words of any engine"


class RowSource(Source):
    """A finished dataset."""

    kind = "dataset"
    noun = "rows"

    def __init__(self, folder: Path, split: str | None, voices: RowVoices | None = None) -> None:
        """Open. voices: to speak the responses. UsageError: no finished dataset is there, or not such a split."""
        self._voices = voices
        self.responses = None if voices is None else voices.described
        manifest = finished_manifest(folder)
        check_rewritable(manifest)
        super().__init__(folder, shard_records(manifest), split)

    def survey(self, shard: ShardRecord, chosen: Format[Any], sound: SoundChoice, faults: Faults) -> Survey:
        """See `Source.survey`."""
        survey = Survey()
        clips = ClipFiles(self.folder, sound.audio, sound.sampling_rate)
        for row in (row for rows in self._rows(shard, _HEARING_COLUMNS) for row in rows):
            lack = chosen.lack(row)
            if lack is not None:
                faults.note(f"lack {lack}", row["id"], _LACKING_REMEDY)
            try:
                heard = chosen.hear(row, shard.split, sound.hearing)
                survey.add(clips.planned(row, heard, shard.split))
            except tuple(_WRONG) as error:
                survey.add(())
                remedy = _shorter(chosen, sound) if isinstance(error, TooLongError) else ""  # the others' messages tell
                faults.note(_WRONG[type(error)], str(error), remedy)
        return survey

    def items(self, shard: ShardRecord, chosen: Format[Any], sound: SoundChoice, out: Path) -> Iterator[Item | Reject]:
        """See `Source.items`; these are `RowItem`s."""
        clips = ClipFiles(out, sound.audio, sound.sampling_rate)
        make = _Maker(shard.split, chosen, sound, clips)
        answering = self._answering(chosen, sound, out)
        index = 0
        for rows in self._rows(shard, at_once=1 if self._voices is None else ROWS_AT_ONCE):
            for row, answer in zip(rows, answering.of(rows, shard.split), strict=True):
                if isinstance(answer, Unanswered):
                    yield Reject(row["id"], shard.file, index, "speak", answer.reason, answer.detail)
                else:
                    yield make.item(answer)
                index += 1

    def _answering(self, chosen: Format[Any], sound: SoundChoice, out: Path) -> Answering:
        if self._voices is None:
            return Unspoken()
        if chosen.sound.response == "turn":
            return LongerRows(self._voices, chosen, sound.audio)
        return ResponseFiles(self._voices, out, sound, embedded=chosen.sound.embedded is not None)

    def _rows(
        self, shard: ShardRecord, columns: list[str] | None = None, at_once: int = _ROWS_AT_ONCE
    ) -> Iterator[list[dict[str, Any]]]:
        for group in row_groups(self.folder / shard.file, columns):
            table: pa.Table = group if columns or not len(group) else upgraded(group, _rate(group))
            for batch in table.to_batches(max_chunksize=at_once):
                yield batch.to_pylist()


def _shorter(chosen: Format[Any], sound: SoundChoice) -> str:
    """Say what to do about clips that are too long; whole recordings are not cut."""
    cut = f"cut speech at the ends of sentences with --segments {sound.hearing.window:g}, "
    ways = "leave the story out of the sound with --context, or give the target's own --window"
    return ways if chosen.sound.whole else cut + ways


def _rate(rows: pa.Table) -> int:
    rate: int = rows.column("sampling_rate")[0].as_py()
    return rate


class _Maker:
    """Makes the items of a shard, with their clips."""

    def __init__(self, split: str, chosen: Format[Any], sound: SoundChoice, clips: ClipFiles) -> None:
        self._split, self._chosen, self._sound, self._clips = split, chosen, sound, clips
        self._responder = Responder()

    def item(self, answered: Answered) -> RowItem:
        """Return a row as an item. Raises UsageError where a response makes it longer than the target hears."""
        row = answered.row
        heard = self._heard(row)
        embedded = self._chosen.sound.embedded is not None
        made = self._clips.encoded(row, heard, self._split) if embedded else []
        files = [file for file, _ in made] if embedded else self._clips.write(row, heard, self._split)
        return RowItem(
            split=self._split,
            example=self._responder.example(row, heard, self._split, files),
            audio=tuple(files),
            data=tuple(data for _, data in made),
            response=answered.file,
            response_data=answered.data,
            row={name: value for name, value in row.items() if name != "audio"},
            heard=heard,
        )

    def _heard(self, row: Row) -> Heard:
        try:
            return self._chosen.hear(row, self._split, self._sound.hearing)
        except TooLongError as error:  # without its response it was not
            raise UsageError(f"{error}, its response included; {_LONGER_REMEDY}") from error
