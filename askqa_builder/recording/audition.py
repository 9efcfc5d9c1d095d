"""Speak the same sentence with many voices, to choose among them by ear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.recording.encode import FORMATS, encode
from askqa_builder.recording.turn_audio import prepare_turn
from askqa_builder.speech.engine import Engine, Utterance
from askqa_builder.speech.prosody import add_prosody, native_part
from askqa_builder.speech.reading import read_aloud
from askqa_builder.voices.limits import clipped, pitch_limits, rate_limits
from askqa_builder.voices.style import NEUTRAL, Style
from askqa_builder.voices.voice import Voice

AUDITION_LUFS = -23.0


def audition_voices(
    engine: Engine, voices: Sequence[Voice], text: str, folder: Path, style: Style | None = None
) -> Iterator[Path]:
    """Write `<engine>-<voice>.wav` for each voice, levelled alike, and yield the paths.

    style: how all are to speak; the files are then `<engine>-<voice>-<style>.wav`. Raises UsageError where nothing in
    the text can be pronounced or a voice cannot speak the style's emotion, SpeechError where a voice fails.
    """
    spoken = read_aloud(text).text
    if not spoken:
        raise UsageError("the audition text has nothing that can be pronounced; give words")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UsageError(f"{folder} is a file; give a folder for the recordings") from error
    for voice in voices:
        asked = _asked(spoken, voice, style or Style(NEUTRAL))
        (speech,) = engine.speak([native_part(asked, voice.controls)])
        if isinstance(speech, SpeechError):
            raise SpeechError(f"voice {voice.name}: {speech}")
        speech = add_prosody(speech, asked, voice.controls)
        turn = prepare_turn(speech, speech.sample_rate, AUDITION_LUFS + (style.loudness if style else 0.0))
        parts = [engine.info.name, voice.name, *([style.name] if style else [])]
        name = "".join(c if c.isalnum() or c in "-_+." else "_" for c in "-".join(parts))
        path = folder / f"{name}.wav"
        path.write_bytes(encode(turn.pcm, speech.sample_rate, FORMATS["wav"]))
        yield path


def _asked(text: str, voice: Voice, style: Style) -> Utterance:
    return Utterance(
        text,
        voice.name,
        clipped(style.rate, rate_limits(voice)),
        clipped(style.pitch, pitch_limits(voice)),
        pitch_range=style.pitch_range,
        pauses=style.pauses,
        emotion=style.emotion,
        instructions=style.instructions,
    )
