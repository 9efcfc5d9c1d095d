"""Measure an engine's voices: how high and how fast they speak, and the gender that follows where it is clear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from askqa_builder import __version__
from askqa_builder.errors import SpeechError
from askqa_builder.recording.edges import speech_bounds
from askqa_builder.seeds import derive_seed
from askqa_builder.speech.engine import Engine, EngineInfo, Speech, Utterance
from askqa_builder.speech.f0 import FRAME_STEP, track_f0
from askqa_builder.speech.prosody import speak_native
from askqa_builder.voices.voice import Limits, Voice
from askqa_builder.voices.voice_table import FROM_F0, VoiceEntry, VoiceTable

SENTENCES = (
    "The garden behind the house was wide and green, and a low wall ran along the river.",
    "Every morning the baker opened his window and looked down the empty road.",
    "Some of the older children carried water from the well to the kitchen.",
    "My uncle arrived on Monday with a heavy brown bag and a new umbrella.",
    "Nobody remembered who had left the lamp burning in the narrow room.",
)
"""Statements without emphasis or feeling, 69 words, which take a voice 15 to 23 seconds."""

MALE_HZ: Limits = (60.0, 155.0)
FEMALE_HZ: Limits = (165.0, 255.0)
"""Median F0 of adults. Men are usually given as 85 to 155 Hz, women as 165 to 255 Hz (Baken, "Clinical Measurement of
Speech and Voice", 1987; Titze, "Principles of Voice Production", 1994). Lower than 85 Hz is no other gender but a deep
or creaky voice; higher than 255 Hz is as likely a child's."""

MINIMUM_VOICED_SHARE = 0.2
"""Share of the speech that must be voiced for its F0 to mean anything; whispering has less than a hundredth."""

VOICES_A_BATCH = 8
"""Forty utterances a batch: enough to fill a GPU, some 20 MB of samples."""


def measure_voices(engine: Engine, voices: Sequence[Voice]) -> Iterator[tuple[str, VoiceEntry]]:
    """Speak SENTENCES with each voice at its normal rate and pitch, and yield its name and what was measured.

    A voice's figures do not depend on the others. Raises SpeechError where one cannot speak.
    """
    for first in range(0, len(voices), VOICES_A_BATCH):
        names = [voice.name for voice in voices[first : first + VOICES_A_BATCH]]
        batch = [
            Utterance(sentence, name, seed=derive_seed("measure", name, i))
            for name in names
            for i, sentence in enumerate(SENTENCES)
        ]
        spoken = speak_native(engine, batch)
        for i, name in enumerate(names):
            try:
                yield name, measured(spoken[i * len(SENTENCES) : (i + 1) * len(SENTENCES)])
            except SpeechError as error:
                raise SpeechError(f"voice {name}: {error}") from error


def measured(spoken: Sequence[Speech | SpeechError]) -> VoiceEntry:
    """Measure one voice by what it made of SENTENCES. Raises SpeechError where it failed or was silent."""
    voiced, seconds = [], 0.0
    for speech in spoken:
        if isinstance(speech, SpeechError):
            raise speech
        bounds = speech_bounds(speech.samples, speech.sample_rate)
        if bounds is None:
            raise SpeechError("the engine returned silence")
        samples = speech.samples[slice(*bounds)]
        track = track_f0(samples, speech.sample_rate)
        voiced.append(track.f0_hz[track.voiced])
        seconds += len(samples) / speech.sample_rate
    pace = round(sum(len(sentence.split()) for sentence in SENTENCES) * 60 / seconds, 1)
    f0 = np.concatenate(voiced).astype(np.float64)
    if len(f0) * FRAME_STEP < MINIMUM_VOICED_SHARE * seconds:
        return VoiceEntry(None, None, FROM_F0, words_per_minute=pace)
    low, median, high = np.percentile(f0, (5, 50, 95))
    f0_hz = round(float(median), 1)
    return VoiceEntry(gender_of_f0(f0_hz), None, FROM_F0, f0_hz, round(12 * float(np.log2(high / low)), 1), pace)


def gender_of_f0(f0_hz: float) -> str | None:
    """Return the gender that a median F0 in Hz stands for, None where it may be either or a child's."""
    if MALE_HZ[0] <= f0_hz <= MALE_HZ[1]:
        return "male"
    return "female" if FEMALE_HZ[0] <= f0_hz <= FEMALE_HZ[1] else None


def measured_table(info: EngineInfo, voices: Mapping[str, VoiceEntry]) -> VoiceTable:
    """Return the table of an engine's measured voices."""
    return VoiceTable(info.name, info.model, info.revision, __version__, voices)
