"""The gold responses of rows as sound, in the assistant's voice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import soundfile

from askqa_builder.build.voicing.line import Line, SpokenLine
from askqa_builder.build.voicing.longer_row import longer_row
from askqa_builder.build.voicing.row_voices import RowVoices
from askqa_builder.errors import SpeechError
from askqa_builder.export.format import Format
from askqa_builder.export.options import SoundChoice
from askqa_builder.files import write_file
from askqa_builder.hearing.clip_files import AudioFile, resampled, resampled_length, sound_path
from askqa_builder.hearing.row_times import Row
from askqa_builder.recording.encode import AudioFormat, encode
from askqa_builder.seeds import short_hash
from askqa_builder.speech.engine import Pcm

ROWS_AT_ONCE = 32
"""Whose responses are spoken together."""


@dataclass(frozen=True)
class Answered:
    """A row as it is exported. file: its response, where that is a sound of its own; data: its bytes, if embedded."""

    row: Row
    file: AudioFile | None = None
    data: bytes | None = None


@dataclass(frozen=True)
class Unanswered:
    """Why a row has no response that could be exported. reason: a slug; detail: one line."""

    reason: str
    detail: str


class Answering(Protocol):
    """Adds the responses to rows, which come whole, each with its recording."""

    def of(self, rows: Sequence[Row], split: str) -> Iterator[Answered | Unanswered]:
        """Yield an answer for each row, in their order."""


class Unspoken:
    """Leaves rows as they are."""

    def of(self, rows: Sequence[Row], split: str) -> Iterator[Answered | Unanswered]:
        """See `Answering.of`."""
        return map(Answered, rows)


class ResponseFiles:
    """Writes spoken responses beside the clips of an export, or hands them over as bytes."""

    def __init__(self, voices: RowVoices, out: Path, sound: SoundChoice, *, embedded: bool) -> None:
        self._voices, self._out, self._sound = voices, out, sound
        self._embedded = embedded

    def of(self, rows: Sequence[Row], split: str) -> Iterator[Answered | Unanswered]:
        """See `Answering.of`. What an earlier run has written is not spoken again."""
        paths = [self._path(row, split) for row in rows]
        there = [not self._embedded and (self._out / path).exists() for path in paths]
        spoken = iter(_speak(self._voices, [row for row, done in zip(rows, there, strict=True) if not done]))
        for row, path, done in zip(rows, paths, there, strict=True):
            answer = None if done else next(spoken)
            if answer is None:
                yield Answered(row, self._there(path))
            elif isinstance(answer, SpeechError):
                yield _unspeakable(answer)
            else:
                yield self._made(row, path, answer.pcm)

    def _made(self, row: Row, path: str, pcm: Pcm) -> Answered:
        own = row["sampling_rate"]
        rate = self._sound.sampling_rate or own
        file = AudioFile(path, resampled_length(len(pcm), own, rate), rate)
        data = encode(resampled(pcm, own, file), rate, self._sound.audio)
        if self._embedded:
            return Answered(row, file, data)
        write_file(self._out / path, data)
        return Answered(row, file)

    def _there(self, path: str) -> AudioFile:
        found = soundfile.info(self._out / path)
        return AudioFile(path, found.frames, found.samplerate)

    def _path(self, row: Row, split: str) -> str:
        text, rate = row["response"]["text"], self._sound.sampling_rate or 0
        name = short_hash("response", row["id"], row["pcm_sha256"], text, rate)
        return sound_path(split, name, self._sound.audio)


class LongerRows:
    """Lets rows go on with their responses as one more turn, for formats of whole recordings."""

    def __init__(self, voices: RowVoices, chosen: Format[Any], audio: AudioFormat) -> None:
        """Prepare. chosen: says what a longer row may lack. audio: lossless, what longer recordings are kept in."""
        self._voices, self._chosen, self._audio = voices, chosen, audio

    def of(self, rows: Sequence[Row], split: str) -> Iterator[Answered | Unanswered]:
        """See `Answering.of`."""
        for row, spoken in zip(rows, _speak(self._voices, rows), strict=True):
            if isinstance(spoken, SpeechError):
                yield _unspeakable(spoken)
                continue
            longer = longer_row(row, [spoken], self._voices.go_on(row, [spoken]), self._audio)
            lack = self._chosen.lack(longer)
            yield Answered(longer) if lack is None else Unanswered("incomplete", f"its response lacks {lack}")


def _speak(voices: RowVoices, rows: Sequence[Row]) -> list[SpokenLine | SpeechError]:
    return voices.speak([Line.response(row) for row in rows])


def _unspeakable(error: SpeechError) -> Unanswered:
    return Unanswered("unspeakable", f"its response cannot be spoken: {error}")
