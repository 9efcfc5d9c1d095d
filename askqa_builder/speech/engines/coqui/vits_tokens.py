"""Text to a VITS model's tokens, with the tokens that each word of the text became."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from askqa_builder.speech.engines.espeak.phonemes import Phonemizer
from askqa_builder.speech.letters import joined_letters

Span = tuple[int, int]

_WORD = re.compile(r"[^\W_](?:\S*[^\W_])?")
_JOINT = "\u2024"
"""Stands for a full stop that is no punctuation mark: Coqui takes those out before it asks for phonemes."""

_NOT_A_SOUND = re.compile(r"[^\w]|[ˈˌː]")
_TOKENS_CACHED = 4096

# How many words espeak joins into one, as "of the", or into how many it divides one
_GROUPS = ((1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (1, 3))
_GROUPING_COST = 0.4
_BAND = 8


class TokenWord(NamedTuple):
    """A word of the text: its tokens [first, last) and its characters [char_start, char_end)."""

    first: int
    last: int
    char_start: int
    char_end: int


@dataclass(frozen=True)
class Tokens:
    """What a model is given for a text. words: in order; they share no token. Without ids, nothing is spoken."""

    ids: tuple[int, ...]
    words: tuple[TokenWord, ...]


class VitsTokenizer:
    """Coqui's own tokenizer of a model, with espeak-ng's library in place of its executable, and word by word."""

    def __init__(self, config: Any) -> None:
        """Take cleaner, symbols and phonemizer from the model's configuration. Raises UsageError without espeak-ng."""
        from TTS.tts.utils.text.tokenizer import TTSTokenizer

        self.espeak_version: str | None = None
        if config.use_phonemes and config.phonemizer in (None, "", "espeak"):
            config.phonemizer, self.espeak_version = _register_phonemizer(config.phoneme_language)
        self._tokenizer, _ = TTSTokenizer.init_from_config(config)
        self._language = config.phoneme_language if config.use_phonemes else None
        self.tokens: Callable[[str], Tokens] = lru_cache(_TOKENS_CACHED)(self._tokens)
        self._sounds: Callable[[str], str] = lru_cache(_TOKENS_CACHED)(self._sounds_alone)

    def _tokens(self, text: str) -> Tokens:
        """Return a text's tokens: the ids that Coqui's tokenizer gives."""
        tokenizer = self._tokenizer
        joined = joined_letters(text, _JOINT) if tokenizer.use_phonemes else text
        clean = tokenizer.text_cleaner(joined, lang="en") if tokenizer.text_cleaner else joined
        symbols = self._phonemes(clean) if tokenizer.use_phonemes else clean
        places, ids = self._encode(symbols)
        if not any(symbol.isalnum() for symbol in symbols) or not ids:
            return Tokens((), ())
        step, offset = (2, 1) if tokenizer.add_blank else (1, 0)
        if tokenizer.add_blank:
            ids = tokenizer.intersperse_blank_char(ids)
        if tokenizer.use_eos_bos:
            ids = tokenizer.pad_with_bos_eos(ids)
            offset += 1
        words = []
        used = 0
        for (char_start, char_end), (start, end) in self._word_spans(text, clean, symbols):
            # a comma is heard as a pause, after the word
            inside = [places[i] for i in range(start, end) if places[i] is not None and symbols[i].isalnum()]
            if not inside:
                continue
            # the blanks at both sides of a sound are part of it
            first = max(step * inside[0] + offset - (step - 1), used)
            used = step * inside[-1] + offset + step
            words.append(TokenWord(first, used, char_start, char_end))
        return Tokens(tuple(ids), tuple(words))

    def _phonemes(self, clean: str) -> str:
        phonemes: str = self._tokenizer.phonemizer.phonemize(clean, separator="", language=self._language)
        return phonemes

    def _encode(self, symbols: str) -> tuple[list[Any], list[int]]:
        """Return for each symbol its place among the ids, None where the model does not know it, and the ids."""
        places: list[int | None] = []
        ids: list[int] = []
        for symbol in symbols:
            try:
                ids.append(self._tokenizer.characters.char_to_id(symbol))
            except KeyError:
                places.append(None)
            else:
                places.append(len(ids) - 1)
        return places, ids

    def _word_spans(self, text: str, clean: str, symbols: str) -> Iterator[tuple[Span, Span]]:
        """Yield the words of a text: their characters, and what became of them among the symbols."""
        words = [match.span() for match in _WORD.finditer(text)]
        cleaned = [match.span() for match in _WORD.finditer(clean)]
        if self._tokenizer.use_phonemes:
            spoken = [match.span() for match in re.finditer(r"\S*[^\W_]\S*", symbols)]
            found = self._match_phonemes([clean[a:b] for a, b in cleaned], [symbols[a:b] for a, b in spoken])
            spans = [(spoken[i][0] + a, spoken[j][0] + b) for (i, a), (j, b) in found]
        else:
            spans = cleaned
        for (first, last), (low, high) in _same_words([text[a:b] for a, b in words], [clean[a:b] for a, b in cleaned]):
            heard = spans[low:high]
            yield from zip(words[first:last], _shared(heard[0][0], heard[-1][1], words[first:last]), strict=True)

    def _match_phonemes(
        self, words: Sequence[str], spoken: Sequence[str]
    ) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """Return for each cleaned word where its phonemes start and end: (spoken word, offset) each.

        espeak joins some words and divides others; who became what is found from each word's sounds alone.
        """
        if len(words) == len(spoken):
            return [((i, 0), (i, len(sounds))) for i, sounds in enumerate(spoken)]
        heard = [_NOT_A_SOUND.sub("", sounds) for sounds in spoken]
        places = []
        for first, last, low, high in _grouped([self._sounds(word) for word in words], heard):
            if last - first == 1:
                places.append(((low, 0), (high - 1, len(spoken[high - 1]))))
                continue
            lengths = [max(len(self._sounds(word)), 1) for word in words[first:last]]
            cuts = [round(len(spoken[low]) * done / sum(lengths)) for done in accumulate(lengths, initial=0)]
            places += [((low, a), (low, b)) for a, b in pairwise(cuts)]
        return places

    def _sounds_alone(self, word: str) -> str:
        return _NOT_A_SOUND.sub("", self._phonemes(word))


def _grouped(alone: Sequence[str], heard: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Align words with spoken words in groups [first, last) × [low, high), at least cost by dynamic programming.

    The cost of a group is the difference in length between its words' sounds alone and what was heard, which is
    nothing where they are the same.
    """
    best: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {(0, 0): (0.0, (0, 0))}
    slope = len(heard) / max(len(alone), 1)
    for i in range(len(alone) + 1):
        for j in range(max(0, int(i * slope) - _BAND), min(len(heard), int(i * slope) + _BAND) + 1):
            for taken, given in _GROUPS:
                before = best.get((i - taken, j - given))
                if before is None or (i, j) == (0, 0):
                    continue
                one, other = "".join(alone[i - taken : i]), "".join(heard[j - given : j])
                cost = before[0] + (_GROUPING_COST if taken != given else 0.0)
                cost += 0.0 if one == other else abs(len(one) - len(other)) + 0.2
                if (i, j) not in best or cost < best[i, j][0]:
                    best[i, j] = cost, (taken, given)
    place = len(alone), len(heard)
    if place not in best:  # beyond all groups: everything is one
        return [(0, len(alone), 0, len(heard))] if alone and heard else []
    groups = []
    while place != (0, 0):
        taken, given = best[place][1]
        before_place = place[0] - taken, place[1] - given
        groups.append((before_place[0], place[0], before_place[1], place[1]))
        place = before_place
    return groups[::-1]


def _same_words(text: Sequence[str], clean: Sequence[str]) -> Iterator[tuple[Span, Span]]:
    """Yield groups of the text's words and of the cleaned ones that stand for each other; a cleaner changes some."""
    if len(text) == len(clean):
        yield from (((i, i + 1), (i, i + 1)) for i in range(len(text)))
        return
    matcher = SequenceMatcher(None, [word.lower() for word in text], list(clean), autojunk=False)
    for kind, first, last, low, high in matcher.get_opcodes():
        if kind == "equal":
            yield from (((first + i, first + i + 1), (low + i, low + i + 1)) for i in range(last - first))
        elif kind == "replace":
            yield (first, last), (low, high)


def _shared(start: int, end: int, words: Sequence[Span]) -> list[Span]:
    """Divide the symbols [start, end) among words in proportion to their letters."""
    letters = list(accumulate((high - low for low, high in words), initial=0))
    cuts = [start + (end - start) * done // letters[-1] for done in letters]
    return list(pairwise(cuts))


def _register_phonemizer(language: str) -> tuple[str, str]:
    """Make espeak-ng's library one of Coqui's phonemizers; return its name there and espeak-ng's version."""
    from TTS.tts.utils.text.phonemizers import PHONEMIZERS
    from TTS.tts.utils.text.phonemizers.base import BasePhonemizer

    phonemizer = Phonemizer("en-us" if language in ("en", None) else language)  # as Coqui reads "en"
    name = f"espeak-library-{language}"

    class LibraryPhonemizer(BasePhonemizer):  # type: ignore[misc]
        """espeak-ng's library behind Coqui's own handling of punctuation."""

        def __init__(self, language: str) -> None:
            super().__init__(language, keep_puncs=True)

        @staticmethod
        def name() -> str:
            return name

        @classmethod
        def is_available(cls) -> bool:
            return True

        def version(self) -> str:
            return phonemizer.version

        @staticmethod
        def supported_languages() -> list[str]:
            return [language]

        def _phonemize(self, text: str, separator: str) -> str:
            return phonemizer.phonemes(text.replace(_JOINT, "."))

    PHONEMIZERS[name] = LibraryPhonemizer
    return name, phonemizer.version
