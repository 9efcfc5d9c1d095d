"""`export`: write a dataset or a task set in another toolkit's format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.build.voicing.row_voices import RowVoices
from askqa_builder.build.voicing.settling import VoicingOptions
from askqa_builder.corpus.conversation import Role
from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.reading import reading_errors
from askqa_builder.errors import StorageError, UsageError
from askqa_builder.export.assembly import assemble, identity
from askqa_builder.export.folder import ExportFolder, is_finished
from askqa_builder.export.format import Format, Item
from askqa_builder.export.options import SoundChoice, Wishes, check_for_tasks, choose
from askqa_builder.export.parts import PartWriter, part_record
from askqa_builder.export.registry import format_for_examples, format_for_rows
from askqa_builder.export.row_source import RowSource
from askqa_builder.export.size import check_size
from askqa_builder.export.source import Faults, Source, Survey
from askqa_builder.export.task_source import TaskSource
from askqa_builder.files import keep_apart
from askqa_builder.progress import Progress, Silent, Totals
from askqa_builder.tasks.reading import is_task_set


@dataclass(frozen=True)
class ExportReport:
    """A finished export.

    splits: items by split, without those left out. seconds: to hear, a clip in each item that hears it. files: of
    records, with their number. audio_files: sounds that are files of their own. rejected: rows whose responses cannot
    be spoken, by reason. left_out: of `files`, the one that lists what has no place in the format; None where all has.
    """

    folder: Path
    format: str
    splits: Mapping[str, int]
    seconds: float
    files: Mapping[str, int]
    audio_files: int
    rejected: Mapping[str, int]
    left_out: str | None
    already_complete: bool

    @property
    def exit_code(self) -> int:
        """0, or 3 where rows were left out."""
        return 3 if self.rejected else 0


def export(
    source: str | Path,
    out: str | Path,
    *,
    to: str,
    split: str | None = None,
    context: str | None = None,
    layout: str | None = None,
    segments: float | None = None,
    window: str | float | None = None,
    metadata: bool = False,
    sample_rate: int | None = None,
    audio_format: str | None = None,
    response_audio: bool = False,
    voices: VoicingOptions | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ExportReport:
    """Write a finished dataset, or a task set, to the folder `out` in the format `to`, of `registry.NAMES`.

    split: one alone. context, layout, segments, window, metadata: how a row is heard (`hearing.options.Hearing`);
    window: a model's name or seconds. sample_rate: Hz. What is None is as the format has it. response_audio: of a
    dataset, speak the gold responses too, in the assistant's voice; a row whose response cannot be spoken is left out.
    voices: with what they are spoken. overwrite: discard another export in `out`. The same source and options give the
    same bytes; after a kill the same call goes on.

    Raises UsageError (wrong usage, clips longer than the window: nothing is written then, unless a response makes them
    so; another export in the way; voices that are not at hand), StorageError, EngineError, AskqaError (a damaged
    source, no response that can be spoken).
    """
    wishes = Wishes(context, layout, segments, window, sample_rate, audio_format, metadata)
    source, out = Path(source), Path(out)
    voicing = _voicing(response_audio, voices)
    with reading_errors(source), _opened(source, to, split, wishes, voicing) as (opened, chosen, sound):
        keep_apart(source, out)
        made_from = identity(opened, chosen, sound)
        surveys = None if is_finished(out, made_from) else _surveyed(opened, chosen, sound)
        with ExportFolder(out, made_from, overwrite=overwrite) as folder:
            manifest = folder.finished_manifest()
            already_complete = manifest is not None
            if manifest is None:
                surveys = surveys or _surveyed(opened, chosen, sound)
                _write_parts(_Work(opened, chosen, sound, folder), surveys, progress or Silent())
                manifest = assemble(opened, chosen, sound, folder)
            folder.finish()
    files = {entry["file"]: entry["records"] for entry in manifest["files"] if entry["records"] is not None}
    return ExportReport(
        folder=out,
        format=to,
        splits=manifest["splits"],
        seconds=manifest["audio"]["seconds"],
        files=files,
        audio_files=manifest["audio"]["files"],
        rejected=manifest["rejected"],
        left_out=chosen.left_out if chosen.left_out in files else None,
        already_complete=already_complete,
    )


def _voicing(response_audio: bool, voices: VoicingOptions | None) -> VoicingOptions | None:
    if voices is not None and not response_audio:
        raise UsageError("voices: only responses are spoken; ask for them with response_audio, too")
    return (voices or VoicingOptions()) if response_audio else None


@contextmanager
def _opened(
    folder: Path, to: str, split: str | None, wishes: Wishes, voicing: VoicingOptions | None
) -> Iterator[tuple[Source, Format[Any], SoundChoice]]:
    """Open a dataset or a task set, and choose the format for it. voicing: with what responses are spoken, if so."""
    if is_task_set(folder):
        chosen: Format[Any] = format_for_examples(to)
        check_for_tasks(wishes, spoken=voicing is not None)
        yield TaskSource(folder, split), chosen, choose(chosen, wishes)
        return
    chosen = format_for_rows(to)
    sound = choose(chosen, wishes)
    if voicing is None:
        yield RowSource(folder, split), chosen, sound
        return
    if chosen.sound.response is None:
        raise UsageError(f"response-audio: {to} has no place for a response as sound; leave it out")
    with RowVoices(folder, [Role.ASSISTANT], **vars(voicing)) as voices:
        yield RowSource(folder, split, voices), chosen, sound


def _surveyed(source: Source, chosen: Format[Any], sound: SoundChoice) -> list[Survey]:
    """Survey each shard, for the format, too. Raises UsageError where there is something that cannot be exported."""
    faults = Faults()
    surveys = [source.survey(shard, chosen, sound, faults) for shard in source.shards]
    faults.check(sum(each.items for each in surveys), source.noun)
    chosen.single = all(survey.single for survey in surveys)
    return surveys


@dataclass(frozen=True)
class _Work:
    source: Source
    format: Format[Any]
    sound: SoundChoice
    folder: ExportFolder


def _write_parts(work: _Work, surveys: list[Survey], progress: Progress) -> None:
    """Write what each shard adds, unless it is there from an earlier run."""
    waiting = [number for number in range(len(surveys)) if part_record(work.folder.part(number)) is None]
    try:
        check_size(work.format, work.sound, surveys, work.folder.out)
    except StorageError:
        work.folder.withdraw()
        raise
    progress.start(_sum(surveys), _sum([each for number, each in enumerate(surveys) if number not in waiting]))
    try:
        for number in waiting:
            _write_part(work, number, progress)
    finally:
        progress.stop()


def _write_part(work: _Work, number: int, progress: Progress) -> None:
    shard = work.source.shards[number]
    work.source.check_unchanged(shard)
    with PartWriter(work.folder.part(number)) as part:
        for item in work.source.items(shard, work.format, work.sound, work.folder.out):
            if isinstance(item, Reject):
                part.record.rejected.append(item)
                progress.advance(1, 0.0, 0.0)
                continue
            has_place = _add(work.format, item, part)
            for path, data in work.format.files(item):
                work.folder.write_beside_sound(path, data)
            seconds = sum(file.seconds for file in item.audio)
            part.record.items += has_place
            part.record.seconds += seconds
            part.record.samples += sum(file.samples * file.channels for file in item.audio)
            progress.advance(1, seconds, seconds)


def _add(chosen: Format[Any], item: Item, part: PartWriter) -> bool:
    """Add what an item adds, and tell whether it has a place in the format."""
    has_place = True
    for file, line in chosen.lines(item):
        part.add(file, line)
        has_place = has_place and file != chosen.left_out
    for prefix, members in chosen.samples(item):
        part.add_sample(prefix, members)
    return has_place


def _sum(surveys: Sequence[Survey]) -> Totals:
    return Totals(sum(each.items for each in surveys), sum(each.seconds for each in surveys))
