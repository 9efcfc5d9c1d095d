"""Prosody as asked, on every engine: natively where the voice has the control, else added after.

An emotion only the engine can speak: a voice that cannot is never asked for it, and nothing stands in for it.

The engine's part and ours are two calls, so that ours can run elsewhere while the engine speaks on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.speech import psola
from askqa_builder.speech.engine import Engine, Speech, Utterance, WordTime, checked
from askqa_builder.speech.pauses import stretch_pauses
from askqa_builder.voices.voice import Controls


def speak_native(engine: Engine, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
    """Speak a batch with as much of each utterance's rate and pitch as the engine does itself.

    Item i answers utterance i; one that cannot be spoken is returned as a SpeechError.
    """
    answers = engine.speak([native_part(utterance, engine.voices[utterance.voice].controls) for utterance in batch])
    return [checked(answer, asked, engine.info.name) for answer, asked in zip(answers, batch, strict=True)]


def native_part(utterance: Utterance, has: Controls) -> Utterance:
    """Return the part of an utterance's prosody that the engine does.

    Raises UsageError where its emotion is none of the voice's: it would be spoken, and kept, as if none were asked.
    """
    asked = None if utterance.emotion is None else utterance.emotion.category
    if utterance.emotion is not None and asked not in has.emotions:
        raise UsageError(
            f"voice {utterance.voice!r} cannot speak {asked or 'an emotion without a category'!r}; it can speak "
            f"{', '.join(sorted(has.emotions)) or 'no emotion'}"
        )
    rate_low, rate_high = has.rate or (1.0, 1.0)
    pitch_low, pitch_high = has.pitch or (0.0, 0.0)
    return replace(
        utterance,
        rate=min(max(utterance.rate, rate_low), rate_high),
        pitch=min(max(utterance.pitch, pitch_low), pitch_high),
        pitch_range=1.0,
        pauses=1.0,
        instructions=None if asked is None else utterance.instructions,
    )


def add_prosody(speech: Speech, asked: Utterance, has: Controls) -> Speech:
    """Add to natively spoken speech what its engine could not do; word times follow the samples."""
    done = native_part(asked, has)
    pitch, rate = asked.pitch - done.pitch, asked.rate / done.rate
    if not (pitch == 0 and rate == 1 and asked.pitch_range == 1):
        samples = psola.modify(speech.samples, speech.sample_rate, pitch, rate, asked.pitch_range)
        words = tuple(_scaled(word, 1 / rate, len(samples)) for word in speech.words)
        speech = Speech(samples, speech.sample_rate, words)
    # last: what counts as a pause is as long as it will be heard
    return stretch_pauses(speech, asked.pauses)


def _scaled(word: WordTime, factor: float, length: int) -> WordTime:
    return replace(word, start=min(round(word.start * factor), length), end=min(round(word.end * factor), length))
