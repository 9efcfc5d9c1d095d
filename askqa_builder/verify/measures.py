"""What of a turn is compared with other turns of its voice: its length against its text, and its F0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from askqa_builder.recording.timeline import to_samples
from askqa_builder.speech.engine import Samples
from askqa_builder.speech.f0 import FRAME_STEP, track_f0
from askqa_builder.speech.paragraphs import PARAGRAPH_BREAK

F0_SECONDS = 6.0
"""Speech at a turn's start over which its F0 is measured. The start, because some voices fall by half an octave over
a paragraph: turns of different lengths are alike only there."""

LEAST_VOICED_SECONDS = 0.1

_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an the of to in on at by for with from and or but as is was were are be been am do did does has have had "
        "his her their its he she it they we you i that this these those who what which when where not no if than "
        "then so would could should will can may them him us me my your our there",
    )
)
"""Words that readers shorten."""

_WORD = re.compile(r"[a-z']+")
_VOWELS = re.compile(r"[aeiouy]+")
_LONG_VOWEL = re.compile(r"ee|ea|oo|ou|ow|ai|ay|oi|oy|au|aw|igh|oa|ie|ew|ue")
_DOUBLED = re.compile(r"(.)\1")
_CLAUSE_END = re.compile(r"[,;:](?=\s)|--|[()]")
_SENTENCE_END = re.compile(r"[.!?]+[\"')]*(?=\s|$)")
_ONE_SOUND = {"ch": "C", "sh": "S", "th": "T", "ph": "f", "ck": "k", "gh": "", "wh": "w", "ng": "N"}

FEATURES = (
    "turn",
    "word",
    "stressed syllable",
    "unstressed syllable",
    "long vowel",
    "fricative",
    "stop",
    "sonorant",
    "clause",
    "sentence",
    "paragraph",
)
"""What a text is counted as; each takes its time."""

WORDS, SYLLABLES = 1, slice(2, 4)
"""The features that are words and syllables."""


@dataclass(frozen=True)
class TurnMeasure:
    """One turn, ready to be compared.

    features: counts as in FEATURES. seconds: from start to end. f0: mid-mean in semitones above 1 Hz, None where too
    little is voiced or it was not asked for. f0_seconds: of speech over which it was taken.
    """

    index: int
    engine: str
    voice: str
    rate: float
    pitch: float
    seconds: float
    features: tuple[float, ...]
    is_question: bool
    f0: float | None
    f0_seconds: float

    @property
    def syllables(self) -> float:
        """Syllables of the text, one at least."""
        return max(sum(self.features[SYLLABLES]), 1.0)


def measure_turn(
    index: int,
    turn: Mapping[str, Any],
    speaker: Mapping[str, Any],
    samples: Samples,
    sample_rate: int,
    *,
    pitched: bool,
    whole: bool,
) -> TurnMeasure:
    """Measure a turn; pitched: its F0 as well. whole: take F0 over all of it."""
    heard = samples if whole else samples[: to_samples(F0_SECONDS, sample_rate)]
    return TurnMeasure(
        index=index,
        engine=f"{speaker['engine']} {speaker['model']}",
        voice=speaker["voice"],
        rate=_asked(turn, speaker, "rate"),
        pitch=_asked(turn, speaker, "pitch"),
        seconds=len(samples) / sample_rate,
        features=text_features(turn["spoken_text"], turn["text"]),
        is_question=turn["spoken_text"].rstrip("\"')").endswith("?"),
        f0=midmean_semitones(heard, sample_rate) if pitched else None,
        f0_seconds=len(heard) / sample_rate,
    )


def _asked(turn: Mapping[str, Any], speaker: Mapping[str, Any], what: str) -> float:
    """Return what was asked of a turn; of datasets whose turns do not tell, what was asked of its speaker."""
    asked = turn.get(what)
    return float(speaker["requested"][what] if asked is None else asked)


def midmean_semitones(samples: Samples, sample_rate: int) -> float | None:
    """Mean of the middle half of the voiced frames' F0 in semitones above 1 Hz; None under LEAST_VOICED_SECONDS.

    It varies less than the median, and octave errors are in neither half.
    """
    track = track_f0(samples, sample_rate)
    f0 = np.sort(track.f0_hz[track.voiced].astype(np.float64))
    if len(f0) * FRAME_STEP < LEAST_VOICED_SECONDS:
        return None
    quarter = len(f0) // 4
    return float(12 * np.log2(f0[quarter : len(f0) - quarter]).mean())


def text_features(text: str, source: str) -> tuple[float, ...]:
    """Count what takes time in a spoken text (printable ASCII) made from `source`, in the order of FEATURES.

    Letters stand for sounds only roughly; that is enough, since all turns are counted alike.
    """
    lower = text.lower()
    words = _WORD.findall(lower)
    stressed = unstressed = long_vowels = 0
    sounds = []
    for word in words:
        syllables = len(_VOWELS.findall(word))
        if syllables > 1 and word.endswith("e") and not word.endswith(("le", "ee", "ye")):
            syllables -= 1
            long_vowels += word[-2] not in "aeiou"
        if syllables > 1 and word.endswith("ed") and word[-3] not in "td":
            syllables -= 1
        syllables = max(syllables, 1)
        if word in _FUNCTION_WORDS:
            unstressed += syllables
        else:
            stressed += syllables
        long_vowels += len(_LONG_VOWEL.findall(word))
        spelt = _DOUBLED.sub(r"\1", word)
        for letters, sound in _ONE_SOUND.items():
            spelt = spelt.replace(letters, sound)
        sounds.append(spelt)
    spoken = "".join(sounds)
    counts = (
        1,
        len(words),
        stressed,
        unstressed,
        long_vowels,
        sum(map(spoken.count, "szCSxfTj")),
        sum(map(spoken.count, "ptkcqbdg")),
        sum(map(spoken.count, "mnNlrwhv")),
        len(_CLAUSE_END.findall(lower)),
        max(len(_SENTENCE_END.findall(lower)) - 1, 0),
        max(sum(any(map(str.isalnum, part)) for part in PARAGRAPH_BREAK.split(source)) - 1, 0),
    )
    return tuple(map(float, counts))
