from __future__ import annotations

import numpy as np
import pytest

from askqa_builder.errors import SpeechError
from askqa_builder.recording.edges import MARGIN_SECONDS
from askqa_builder.recording.paragraphs import SpokenParagraph, join_paragraphs
from askqa_builder.speech.engine import Speech, WordTime

RATE = 16000
MARGIN = round(MARGIN_SECONDS * RATE)


def tone(lead: int, length: int, tail: int, rate: int = RATE) -> Speech:
    sound = 0.3 * np.sin(2 * np.pi * 200 / rate * np.arange(length))
    samples = np.concatenate((np.zeros(lead), sound, np.zeros(tail))).astype(np.float32)
    return Speech(samples, rate, (WordTime(lead, lead + length, 0, 3),))


def test_the_pause_is_from_speech_to_speech_whatever_the_engine_pads() -> None:
    first, second = tone(1600, 8000, 4800), tone(3200, 4000, 80)
    joined = join_paragraphs([SpokenParagraph(first, 0, 0.0), SpokenParagraph(second, 5, 0.75)])
    one, other = joined.words
    assert (one.start, one.end) == (MARGIN, MARGIN + 8000)
    assert other.start - one.end == 12000 + 2 * MARGIN
    assert (other.char_start, other.char_end) == (5, 8)
    assert not joined.samples[one.end + MARGIN : other.start - MARGIN].any()
    assert np.array_equal(joined.samples[one.start : one.end], first.samples[1600:9600])
    assert np.array_equal(joined.samples[other.start : other.end], second.samples[3200:7200])
    assert joined.samples.dtype == np.float32


def test_the_engine_s_samples_are_left_alone() -> None:
    speech = tone(0, 8000, 0)
    before = speech.samples.copy()
    join_paragraphs([SpokenParagraph(speech, 0, 0.0), SpokenParagraph(speech, 4, 0.5)])
    assert np.array_equal(speech.samples, before)


def test_one_paragraph_stays_as_it_is() -> None:
    speech = tone(100, 8000, 100)
    assert join_paragraphs([SpokenParagraph(speech, 0, 0.0)]) is speech


def test_a_word_in_what_is_trimmed_stays_inside() -> None:
    late = Speech(tone(0, 8000, 8000).samples, RATE, (WordTime(0, 8000, 0, 3), WordTime(12000, 14000, 4, 7)))
    joined = join_paragraphs([SpokenParagraph(tone(0, 8000, 0), 0, 0.0), SpokenParagraph(late, 4, 0.5)])
    assert all(0 <= word.start < word.end <= len(joined.samples) for word in joined.words)


def test_silence_for_a_paragraph_is_an_error() -> None:
    silence = Speech(np.zeros(8000, np.float32), RATE)
    with pytest.raises(SpeechError, match="silence for a paragraph"):
        join_paragraphs([SpokenParagraph(tone(0, 8000, 0), 0, 0.0), SpokenParagraph(silence, 4, 0.5)])


def test_a_change_of_rate_is_an_error() -> None:
    with pytest.raises(SpeechError, match="from 16000 to 22050 Hz"):
        join_paragraphs([SpokenParagraph(tone(0, 80, 0), 0, 0.0), SpokenParagraph(tone(0, 80, 0, 22050), 4, 0.5)])
