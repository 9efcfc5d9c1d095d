"""Rate and pitch as asked, on every engine: natively where the voice has the control, else added after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from askqa_builder.errors import SpeechError
from askqa_builder.speech import psola
from askqa_builder.speech.engine import Engine, Speech, Utterance, WordTime, checked
from askqa_builder.voices.voice import Controls


def speak(engine: Engine, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
    """Speak a batch with each utterance's rate and pitch, whatever the engine controls itself.

    Item i answers utterance i; one that cannot be spoken is returned as a SpeechError.
    """
    controls = [engine.voices[utterance.voice].controls for utterance in batch]
    native = [native_part(utterance, has) for utterance, has in zip(batch, controls, strict=True)]
    answers = engine.speak(native)
    spoken = [checked(answer, asked, engine.info.name) for answer, asked in zip(answers, batch, strict=True)]
    return [
        speech if isinstance(speech, SpeechError) else _add(speech, asked, done)
        for speech, asked, done in zip(spoken, batch, native, strict=True)
    ]


def native_part(utterance: Utterance, has: Controls) -> Utterance:
    """Return the part of an utterance's prosody that the engine does."""
    return replace(
        utterance,
        rate=utterance.rate if has.rate else 1.0,
        pitch=utterance.pitch if has.pitch else 0.0,
    )


def _add(speech: Speech, asked: Utterance, done: Utterance) -> Speech:
    """Add what the engine did not do; word times follow the samples."""
    pitch, rate = asked.pitch - done.pitch, asked.rate / done.rate
    if pitch == 0 and rate == 1:
        return speech
    samples = psola.modify(speech.samples, speech.sample_rate, pitch=pitch, rate=rate)
    return Speech(samples, speech.sample_rate, tuple(_scaled(word, 1 / rate, len(samples)) for word in speech.words))


def _scaled(word: WordTime, factor: float, length: int) -> WordTime:
    return replace(word, start=min(round(word.start * factor), length), end=min(round(word.end * factor), length))
