"""Speak the same sentence with many voices, to choose among them by ear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.recording.encode import FORMATS, encode
from askqa_builder.recording.turn_audio import prepare_turn
from askqa_builder.speech.engine import Engine, Utterance
from askqa_builder.speech.reading import read_aloud
from askqa_builder.voices.voice import Voice

AUDITION_LUFS = -23.0


def audition_voices(engine: Engine, voices: Sequence[Voice], text: str, folder: Path) -> Iterator[Path]:
    """Write `<engine>-<voice>.wav` for each voice, levelled alike, and yield the paths.

    Raises UsageError where nothing in the text can be pronounced, SpeechError where a voice fails.
    """
    spoken = read_aloud(text).text
    if not spoken:
        raise UsageError("the audition text has nothing that can be pronounced; give words")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UsageError(f"{folder} is a file; give a folder for the recordings") from error
    for voice in voices:
        speech = engine.speak([Utterance(spoken, voice.name)])[0]
        if isinstance(speech, SpeechError):
            raise SpeechError(f"voice {voice.name}: {speech}")
        turn = prepare_turn(speech, speech.sample_rate, AUDITION_LUFS)
        name = "".join(c if c.isalnum() or c in "-_+." else "_" for c in f"{engine.info.name}-{voice.name}")
        path = folder / f"{name}.wav"
        path.write_bytes(encode(turn.pcm, speech.sample_rate, FORMATS["wav"]))
        yield path
