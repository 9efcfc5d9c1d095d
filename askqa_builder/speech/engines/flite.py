"""flite, the embedded default engine: four small English voices, in process, bit-reproducible.

flite 2.2 (CMU, BSD-like licence) is called through ctypes on Debian's `libflite1`. Its C interface is in
flite's own `include/`; the features set here are documented in its manual, section "Voice selection".
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from askqa_builder.errors import SpeechError
from askqa_builder.seeds import derive_seed
from askqa_builder.speech.engine import EngineInfo, Pace, Samples, Speech, Utterance, WordTime
from askqa_builder.speech.engines.flite_library import declare, library_version, open_library, register_voice
from askqa_builder.speech.letters import JOINED, joined_letters
from askqa_builder.speech.pieces import split_text
from askqa_builder.voices.voice import Controls, Voice

SAMPLE_RATE = 16000
CHARACTERS_A_CALL = 1000
"""flite's cost grows faster than the text: one call of 20,000 words takes minutes."""

_FULL_SCALE = np.float32(32768.0)

_NATIVE_RATE = (0.5, 2.0)
_NATIVE_PITCH = (-12.0, 12.0)

# name: gender, accent, standard deviation of its F0 in Hz as its makers set it (cg_db->f0_stddev in the voices' own
# sources; of kal16 its feature int_f0_target_stddev). None: rms takes its F0 from a model that nothing shifts.
_VOICES: dict[str, tuple[str, str, float | None]] = {
    "slt": ("female", "American", 27.0),
    "rms": ("male", "American", None),
    "awb": ("male", "Scottish", 25.0),
    "kal16": ("male", "American", 11.0),
}

# Measured with Praat: kal16 goes 4 % further than it is told, at any rate; the others are exact.
_PITCH_SCALE = {"kal16": 0.96}

# A voice is one for the whole process, and keeps what an earlier instance has set.
_NORMAL_STRETCH: dict[str, float] = {}

# flite keeps the *pointers* to feature names: they must live as long as the voices.
_KEYS = {
    name: ctypes.create_string_buffer(name) for name in (b"duration_stretch", b"f0_shift", b"int_f0_target_stddev")
}

_WORD_START = b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"
_WORD_END = b"R:SylStructure.daughtern.daughtern.R:Segment.end"

_PAUSE = b"pau"
"""The segment before the first word, after the last one and at pauses. It is not silent: it has the noise of the
recordings that a voice was made of, in awb and kal16 as loud as soft fricatives are."""

_EDGE_SECONDS = 0.005
"""How much of the noise next to speech stays, and is faded: sounds do not end on the sample that their segments do."""


class FliteEngine:
    """The voices slt, rms, awb and kal16, one utterance at a time.

    Its noise comes from the C library's `rand`, which is seeded before each call: so one instance a
    process, never threads. Raises UsageError where the library is not installed.
    """

    def __init__(self) -> None:
        self._flite = open_library("flite")
        for dependency in ("flite_usenglish", "flite_cmulex"):
            open_library(dependency)
        self._libc = ctypes.CDLL(None)
        declare(self._flite)
        self._flite.flite_init()
        self._handles = {name: register_voice(name) for name in _VOICES}
        for name in _VOICES:
            _NORMAL_STRETCH.setdefault(name, self._parameter(name, b"duration_stretch", 1.0))
        self._info = EngineInfo(
            name="flite",
            library="flite",
            version=library_version(self._flite),
            model=None,
            revision=None,
            licence="BSD-like (CMU flite)",
            sample_rate=SAMPLE_RATE,
            pace=Pace(words_per_minute=176.0),
        )
        self._voices = {
            name: Voice(
                name=name,
                language="en",
                gender=gender,
                accent=accent,
                metadata_source="catalogue",
                controls=Controls(rate=_NATIVE_RATE, pitch=_NATIVE_PITCH if f0_sd else None, word_times=True),
            )
            for name, (gender, accent, f0_sd) in _VOICES.items()
        }

    @property
    def info(self) -> EngineInfo:
        """Name, versions, licence."""
        return self._info

    @property
    def voices(self) -> Mapping[str, Voice]:
        """The four voices by name."""
        return self._voices

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        """Speak one utterance after the other; see `Engine.speak`."""
        return [self._speak_one(utterance) for utterance in batch]

    def close(self) -> None:
        """Do nothing: the voices are part of the process until it ends."""

    def _speak_one(self, utterance: Utterance) -> Speech | SpeechError:
        if not utterance.text.isascii() or "\0" in utterance.text:
            return SpeechError("flite reads ASCII text without NUL characters only")
        voice = utterance.voice
        self._set(voice, b"duration_stretch", _NORMAL_STRETCH[voice] / utterance.rate)
        self._set_pitch(voice, 2.0 ** (utterance.pitch * _PITCH_SCALE.get(voice, 1.0) / 12.0))
        pieces: list[Samples] = []
        words: list[WordTime] = []
        spoken: list[int] = []
        offset = 0
        for start, end in split_text(utterance.text, CHARACTERS_A_CALL):
            self._libc.srand(derive_seed(utterance.seed, start) & 0x7FFFFFFF)
            samples, times, segments = self._call(joined_letters(utterance.text[start:end]), voice)
            words += [
                WordTime(word.start + offset, word.end + offset, word.char_start + start, word.char_end + start)
                for word in times
            ]
            spoken += [offset + at for at in segments]
            pieces.append(samples)
            offset += len(samples)
        if not words:
            return SpeechError("flite found no word in the text")
        samples = np.concatenate(pieces)
        _silence_around(samples, spoken[0], spoken[-1])
        return Speech(samples, SAMPLE_RATE, tuple(words))

    def _call(self, text: str, voice: str) -> tuple[Samples, list[WordTime], tuple[int, int]]:
        """Return the samples, the words, and the first and one-past-last sample that is no pause."""
        handle = ctypes.cast(self._handles[voice], ctypes.c_void_p)
        spoken = self._flite.flite_synth_text(text.encode("ascii"), handle)
        try:
            wave = self._flite.utt_wave(spoken).contents
            pcm = np.ctypeslib.as_array(wave.samples, (wave.num_samples,))
            samples = pcm.astype(np.float32) / _FULL_SCALE
            words = list(self._word_times(spoken, text, len(samples)))
            return samples, words, self._spoken_part(spoken, len(samples))
        finally:
            self._flite.delete_utterance(spoken)

    def _word_times(self, spoken: int, text: str, length: int) -> Iterator[WordTime]:
        """Yield the normalised words, each tied to the characters of the token it came from."""
        item = self._flite.relation_head(self._flite.utt_relation(spoken, b"Word"))
        token = None
        char_start = char_end = 0
        cursor = 0
        while item:
            parent = self._flite.item_parent(self._flite.item_as(item, b"Token"))
            if parent and parent != token:
                token = parent
                name = self._flite.flite_ffeature_string(parent, b"name").decode("ascii")
                found = text.find(name, char_end)
                if found >= 0:
                    char_start, char_end = found, found + (1 if JOINED.fullmatch(name) else len(name))
            elif parent and JOINED.match(text, char_start):  # the next letter of several
                char_start, char_end = char_start + 2, char_start + 3
            start = round(self._flite.flite_ffeature_float(item, _WORD_START) * SAMPLE_RATE)
            end = min(round(self._flite.flite_ffeature_float(item, _WORD_END) * SAMPLE_RATE), length)
            # "..." becomes a word without segments; char_end is 0 only before the first token is found
            if max(start, cursor) < end and char_end:
                yield WordTime(max(start, cursor), end, char_start, char_end)
                cursor = end
            item = self._flite.item_next(item)

    def _spoken_part(self, spoken: int, length: int) -> tuple[int, int]:
        """Return the first and one-past-last sample of what is no pause at the ends; all where there is but a pause."""
        segments = self._flite.utt_relation(spoken, b"Segment")
        start, item = 0.0, self._flite.relation_head(segments)
        while item and self._is_pause(item):
            start = self._flite.flite_ffeature_float(item, b"end")
            item = self._flite.item_next(item)
        last = self._flite.relation_tail(segments)
        while last and self._is_pause(last):
            last = self._flite.item_prev(last)
        if not item or not last:
            return 0, length
        end = self._flite.flite_ffeature_float(last, b"end")
        return min(round(start * SAMPLE_RATE), length), min(round(end * SAMPLE_RATE), length)

    def _is_pause(self, item: int) -> bool:
        return bool(self._flite.flite_ffeature_string(item, b"name") == _PAUSE)

    def _set_pitch(self, voice: str, factor: float) -> None:
        """Move the whole melody: F0 is mean × shift + deviation × z, so the shift alone would miss by up to 1.1 st."""
        deviation = _VOICES[voice][2]
        if deviation is not None:
            self._set(voice, b"f0_shift", factor)
            self._set(voice, b"int_f0_target_stddev", deviation * factor)

    def _set(self, voice: str, key: bytes, value: float) -> None:
        self._flite.flite_feat_set_float(self._handles[voice].contents.features, _KEYS[key], value)

    def _parameter(self, voice: str, key: bytes, default: float) -> float:
        features = self._handles[voice].contents.features
        return float(self._flite.flite_get_param_float(features, key, default))


def _silence_around(samples: Samples, start: int, end: int) -> None:
    """Silence in place what is before and after the speech, which is from `start` to `end`, but for faded edges."""
    edge = round(_EDGE_SECONDS * SAMPLE_RATE)
    fade = (0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / edge)).astype(np.float32)
    before, after = min(edge, start), min(edge, len(samples) - end)
    samples[: start - before] = 0.0
    _scale(samples[start - before : start], fade[edge - before :])
    _scale(samples[end : end + after], fade[::-1][:after])
    samples[end + after :] = 0.0


def _scale(samples: Samples, factors: Samples) -> None:
    """Multiply in place, to 16 bits as all that flite returns: a cache holds these in half the space."""
    samples[:] = np.rint(samples * factors * _FULL_SCALE) / _FULL_SCALE
