"""Forced alignment with pocketsphinx and the English model inside its wheel, on the CPU.

Words that its dictionary lacks are put together from those it has ("well-known", "farmers'"), and names it has never
seen are sounded out by `letters`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import soxr
from num2words import num2words

from askqa_builder.errors import UsageError
from askqa_builder.speech.aligners.letters import sound_out
from askqa_builder.speech.engine import Speech, WordTime

_MODEL_RATE = 16000
_FRAME = 0.01
# A frame stands for the middle of the 25.6 ms that it is computed from, so the border between two of them is later
# than where the second begins, by half of what its window exceeds the step.
_BORDER = (0.0256 - _FRAME) / 2
_BEAM = 1e-80
"""Wider than the library's 1e-48, with which voices unlike those of the model lose their way; takes twice the time."""
_PEAK = 0.5
"""Full scale to which speech is brought: the model knows recordings of usual loudness."""

_WORD = re.compile(r"[A-Za-z0-9]+(?:['’.,\-][A-Za-z0-9]+)*'?")
_PART = re.compile(r"[a-z]+(?:'[a-z]+)*|[0-9]+")
_ENDING = re.compile(r"([a-z]+?)'?(s)?'?")
_HISSING, _VOICELESS = ("S", "Z", "SH", "ZH", "CH", "JH"), ("P", "T", "K", "F", "TH")


class _Word(NamedTuple):
    """A word of the text: its characters, and under which name the decoder knows it."""

    start: int
    end: int
    name: str


class PocketsphinxAligner:
    """Aligns one stretch of speech after the other. Raises UsageError where pocketsphinx is not installed."""

    def __init__(self) -> None:
        try:
            from pocketsphinx import Decoder
        except ImportError as error:
            raise UsageError(
                'aligning words needs pocketsphinx: pip install "askqa-builder[align]", or leave `align` out'
            ) from error
        beams = dict.fromkeys(("beam", "wbeam", "pbeam"), _BEAM)
        self._decoder: Any = Decoder(lm=None, loglevel="FATAL", samprate=_MODEL_RATE, **beams)

    @property
    def version(self) -> str:
        """Of the wheel, which holds the model."""
        return f"pocketsphinx {version('pocketsphinx')}"

    def align(self, speech: Speech, text: str) -> tuple[WordTime, ...]:
        """See `Aligner.align`."""
        words = list(self._words(text))
        if not words:
            return ()
        frames = self._frames(_pcm(speech), words)
        if frames is None:
            return ()
        times: list[WordTime] = []
        cursor = 0
        for word, (first, after) in zip(words, frames, strict=True):
            start, end = (round((frame * _FRAME + _BORDER) * speech.sample_rate) for frame in (first, after))
            start, end = max(start, cursor), min(end, len(speech.samples))
            if start < end:
                times.append(WordTime(start, end, word.start, word.end))
                cursor = end
        return tuple(times)

    def _frames(self, pcm: bytes, words: Sequence[_Word]) -> list[tuple[int, int]] | None:
        """Return first and one-past-last frame of each word, None where the decoder loses its way."""
        self._decoder.set_align_text(" ".join(word.name for word in words))
        try:
            # Else times depend on the noise in what was heard before; the library calls it unnecessary, it is not.
            self._decoder.start_stream()
            self._decoder.start_utt()
            self._decoder.process_raw(pcm, full_utt=True)
            self._decoder.end_utt()
        except RuntimeError:  # it finds no path to the last word
            return None
        segments = self._decoder.seg()
        if segments is None:
            return None
        # silences and noises are <sil> and [NOISE]; another pronunciation of a word is word(2)
        found = [one for one in segments if one.word[0] not in "<[("]
        if [one.word.partition("(")[0] for one in found] != [word.name for word in words]:
            return None
        return [(one.start_frame, one.end_frame + 1) for one in found]

    def _words(self, text: str) -> Iterator[_Word]:
        for match in _WORD.finditer(text):
            yield _Word(match.start(), match.end(), self._name(match.group()))

    def _name(self, word: str) -> str:
        """Return the decoder's name of a word, which gets an entry in its dictionary if it has none."""
        name = word.lower().replace("’", "'")
        if not re.search("[0-9.,-]", name) and self._decoder.lookup_word(name) is not None:
            return name
        spelled = re.sub("[^a-z0-9']", "", name)
        made_up = f"_{spelled}"
        if self._decoder.lookup_word(made_up) is None:
            phones = " ".join(self._pronounced(part) for part in _parts(name))
            self._decoder.add_word(made_up, phones, False)
        return made_up

    def _pronounced(self, part: str) -> str:
        phones = self._decoder.lookup_word(part)
        if phones is not None:
            return str(phones)
        match = _ENDING.fullmatch(part)
        if match is None:  # as "o'hara"
            return " ".join(self._pronounced(piece) for piece in re.findall("[a-z]+", part))
        stem, ending = match.groups()
        phones = self._decoder.lookup_word(stem) or sound_out(stem)
        return f"{phones} {_plural(str(phones))}" if ending else str(phones)


def _parts(word: str) -> Iterator[str]:
    """Yield the parts of a word that are pronounced one after the other, numbers in words."""
    for part in _PART.findall(word):
        yield from re.findall("[a-z]+", num2words(int(part))) if part.isdigit() else (part,)


def _plural(phones: str) -> str:
    """Return what an s at the end of a word sounds like."""
    last = phones.rpartition(" ")[2]
    return "IH Z" if last in _HISSING else "S" if last in _VOICELESS else "Z"


def _pcm(speech: Speech) -> bytes:
    samples = speech.samples
    if speech.sample_rate != _MODEL_RATE:
        samples = soxr.resample(samples, speech.sample_rate, _MODEL_RATE)
    peak = max(float(np.max(np.abs(samples))), 1e-6)
    scaled: bytes = np.rint(samples * (_PEAK * 32767 / peak)).astype("<i2").tobytes()
    return scaled
