"""The examples of a task set as items."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import soundfile

from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.errors import AskqaError
from askqa_builder.export.format import Format, Item
from askqa_builder.export.options import SoundChoice
from askqa_builder.export.source import Faults, Source, Survey
from askqa_builder.files import write_file
from askqa_builder.hearing.clip_files import AUDIO_FOLDER, AudioFile, resampled, resampled_length, sound_path
from askqa_builder.recording.encode import encode
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.reading import examples_of, tasks_manifest
from askqa_builder.undecodable import what_is_wrong

_SOUND_PATH = re.compile(AUDIO_FOLDER + r"/[\w-]+/[0-9a-f]{2}/[0-9a-f]{16}\.(wav|flac)", re.ASCII)

_REMEDY = "make the task set anew with askqa tasks --overwrite"
"""Without it a set is complete whose clips are damaged: they are not looked at."""


class TaskSource(Source):
    """A finished task set."""

    kind = "tasks"
    noun = "examples"

    def __init__(self, folder: Path, split: str | None) -> None:
        """Open. Raises UsageError where the folder holds no task set, or not such a split."""
        super().__init__(folder, shard_records(tasks_manifest(folder)), split)

    def survey(self, shard: ShardRecord, chosen: Format[Any], sound: SoundChoice, faults: Faults) -> Survey:
        """See `Source.survey`."""
        survey = Survey()
        for examples in self._by_row(shard):
            heard: set[str] = set()
            for example in examples:
                sources = [AudioFile(**file) for file in example.audio]
                _note_faults(example, sources, sound, faults)
                files = [_wanted(file, sound, shard.split) for file in sources]
                survey.add(files, [file for file in files if file.path not in heard])
                heard.update(file.path for file in files)
        return survey

    def items(self, shard: ShardRecord, chosen: Format[Any], sound: SoundChoice, out: Path) -> Iterator[Item]:
        """See `Source.items`."""
        for examples in self._by_row(shard):
            made: dict[str, bytes] = {}
            for example in examples:
                sources = [_checked(AudioFile(**file), example) for file in example.audio]
                files = tuple(_wanted(file, sound, shard.split) for file in sources)
                for source, file in zip(sources, files, strict=True):
                    if chosen.sound.embedded is None:
                        self._put(source, file, sound, out)
                    elif file.path not in made:
                        made[file.path] = self._converted(source, file, sound)
                data = tuple(made[file.path] for file in files) if made else ()
                yield Item(split=shard.split, example=example, audio=files, data=data)

    def _by_row(self, shard: ShardRecord) -> Iterator[Iterator[Example]]:
        """Yield the examples of each row, which stand together and hear the same clips."""
        for _, examples in groupby(examples_of(self.folder, shard.file), lambda example: example.row_id):
            yield examples

    def _put(self, source: AudioFile, wanted: AudioFile, sound: SoundChoice, out: Path) -> None:
        path = out / wanted.path
        if not path.exists():
            write_file(path, self._converted(source, wanted, sound))

    def _converted(self, source: AudioFile, wanted: AudioFile, sound: SoundChoice) -> bytes:
        """Return a clip as the export wants it. Raises AskqaError where it is not as the example says."""
        try:
            data = (self.folder / source.path).read_bytes()
            samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
        except OSError as error:
            raise self._unreadable(source, error.strerror) from error
        except soundfile.LibsndfileError as error:
            raise self._unreadable(source, what_is_wrong(error)) from error
        channels = 1 if samples.ndim == 1 else samples.shape[1]
        if (len(samples), rate, channels) != (source.samples, source.sampling_rate, source.channels):
            raise AskqaError(f"{self.folder / source.path} is not as its examples say; {_REMEDY}")
        if rate == wanted.sampling_rate and Path(source.path).suffix == Path(wanted.path).suffix:
            return data
        return encode(resampled(samples, rate, wanted), wanted.sampling_rate, sound.audio)

    def _unreadable(self, source: AudioFile, why: str | None) -> AskqaError:
        return AskqaError(f"{self.folder / source.path} cannot be read ({why}); {_REMEDY}")


def _note_faults(example: Example, files: Sequence[AudioFile], sound: SoundChoice, faults: Faults) -> None:
    window = sound.hearing.window
    longest = max((file.seconds for file in files), default=0.0)
    if window is not None and longest > window:
        first = f"{example.id}: a clip of {longest:.1f} s, where the target hears {window:g} s at once"
        remedy = f"make the task set with --segments {window:g}, or give the target's own --window"
        faults.note("have a clip that the target does not hear whole", first, remedy)
    if any(file.channels > 1 for file in files) and not sound.stereo:
        wrong = "are in stereo, which the format does not take"
        faults.note(wrong, example.id, "make the task set with --layout joined or turns")


def _checked(file: AudioFile, example: Example) -> AudioFile:
    """Return a file of an example, whose path is one that a task set has. Raises AskqaError for another."""
    if not _SOUND_PATH.fullmatch(file.path):
        raise AskqaError(f"example {example.id!r} names the sound {file.path!r}, which no task set has; {_REMEDY}")
    return file


def _wanted(file: AudioFile, sound: SoundChoice, split: str) -> AudioFile:
    """Return the file of the export that a file of the task set becomes; its name tells the clip."""
    rate = sound.sampling_rate or file.sampling_rate
    path = sound_path(split, Path(file.path).stem, sound.audio)
    return AudioFile(path, resampled_length(file.samples, file.sampling_rate, rate), rate, file.channels)
