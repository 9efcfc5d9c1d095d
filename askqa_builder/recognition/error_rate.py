"""How far what was heard is from what was to be said: both sides normalised, then counted."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from askqa_builder.recognition.recogniser import ListenerInfo, missing_library

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT_WORDS = 3
"""Up to so many words, characters are counted: one wrong word of two says little."""

# Initialisms as spoken texts have them ("C N N") and as recognisers do ("c. n. n.", "U.S."). The words "a" and "i"
# in lower case are none, and the full stop at the end of "the F B I. A man" does not go on with one.
_BARE = r"[A-Zb-hj-z](?: [A-Zb-hj-z](?![\w-]|['’](?!s\b)))+"
_DOTTED = r"[A-Za-z]\.(?: ?[A-Za-z]\.)+(?:[A-Z](?![\w'’]))?"
_SPELT = re.compile(rf"(?<![\w'’.-])(?:{_DOTTED}|{_BARE})(?!\w|['’](?!s\b))")


def normalise(text: str) -> str:
    """Return a text as English is normalised before word error rates are counted.

    Letters that stand alone one after the other become one word, as spoken texts spell initialisms and recognisers
    do not; the rest is OpenAI's normaliser for Whisper (Radford et al. 2022, appendix C): case, punctuation,
    contractions, spelling, number words to digits, no fillers. Raises UsageError where its library is missing.
    """
    joined = _SPELT.sub(lambda match: re.sub(r"[. ]", "", match[0]), text)
    words = _normaliser()(joined).split()
    return " ".join(word for word in words if any(map(str.isalnum, word)))  # it leaves "..." as it is


@lru_cache(maxsize=4096)
def error_rate(spoken: str, heard: str) -> float | None:
    """Return the word error rate of `heard` against `spoken`; above 1 where much was added.

    Of a text of up to SHORT_WORDS words, normalised, it is the character error rate, spaces left out. None where
    nothing is left of the spoken text to compare with. Remembered: rows share turns. Raises UsageError where a library
    is missing.
    """
    reference, hypothesis = normalise(spoken), normalise(heard)
    if not reference:
        return None
    jiwer = _jiwer()
    if len(reference.split()) <= SHORT_WORDS:
        return float(jiwer.cer(reference.replace(" ", ""), hypothesis.replace(" ", "")))
    return float(jiwer.wer(reference, hypothesis))


def scorer_versions() -> dict[str, str]:
    """Return the versions of what normalises and counts. Raises UsageError where a library is missing."""
    _normaliser()
    _jiwer()
    return {name: version(name) for name in ("jiwer", "whisper-normalizer")}


def describe_recogniser(info: ListenerInfo) -> dict[str, Any]:
    """Return the manifest's entry of a recogniser: all that can change an error rate. Raises UsageError."""
    return {**info.to_json(), "scorer": scorer_versions(), "character_error_rate_up_to_words": SHORT_WORDS}


@cache
def _normaliser() -> Callable[[str], str]:
    try:
        from whisper_normalizer.english import EnglishTextNormalizer
    except ImportError as error:
        raise missing_library("scoring", "whisper-normalizer") from error
    normaliser: Callable[[str], str] = EnglishTextNormalizer()
    return normaliser


def _jiwer() -> Any:
    try:
        import jiwer
    except ImportError as error:
        raise missing_library("scoring", "jiwer") from error
    return jiwer
