"""The paragraphs of a turn, joined with silence between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from askqa_builder.errors import SpeechError
from askqa_builder.recording.edges import fade, speech_bounds
from askqa_builder.recording.timeline import Seconds, to_samples
from askqa_builder.speech.engine import Samples, Speech, WordTime


@dataclass(frozen=True, eq=False)
class SpokenParagraph:
    """A paragraph as it was spoken. start: its first character in the turn's text. pause: silence before it."""

    speech: Speech
    start: int
    pause: Seconds


def join_paragraphs(paragraphs: Sequence[SpokenParagraph]) -> Speech:
    """Join paragraphs of one sampling rate, without what their engine was silent before and after each.

    Words are those of all, in the turn's text; they lie inside the speech. A single paragraph stays as it is. Raises
    SpeechError where the engine returned silence, or changed its sampling rate.
    """
    if len(paragraphs) == 1:
        return paragraphs[0].speech
    rate = paragraphs[0].speech.sample_rate
    samples: list[Samples] = []
    words: list[WordTime] = []
    offset = 0
    for place, paragraph in enumerate(paragraphs):
        speech = paragraph.speech
        if speech.sample_rate != rate:
            raise SpeechError(f"the engine changed its sampling rate from {rate} to {speech.sample_rate} Hz")
        bounds = speech_bounds(speech.samples, rate)
        if bounds is None:
            raise SpeechError("the engine returned silence for a paragraph")
        if place:
            samples.append(np.zeros(to_samples(paragraph.pause, rate), np.float32))
            offset += len(samples[-1])
        part = speech.samples[slice(*bounds)].copy()
        fade(part, rate)
        words += (_moved(word, offset, bounds, paragraph.start) for word in speech.words)
        samples.append(part)
        offset += len(part)
    return Speech(np.concatenate(samples), rate, tuple(words))


def _moved(word: WordTime, offset: int, bounds: tuple[int, int], characters: int) -> WordTime:
    """Move a word from its paragraph's samples and characters to the turn's; a word is never empty."""
    first, last = bounds
    start = min(max(word.start, first), last - 1)
    end = min(max(word.end, start + 1), last)
    return replace(
        word,
        start=start - first + offset,
        end=end - first + offset,
        char_start=word.char_start + characters,
        char_end=word.char_end + characters,
    )
