"""How many words have their syllables counted right, with a dictionary and by spelling alone.

    python benchmarks/syllables.py

All words of Abg-CoQA's test split (ASKQA_ABG_COQA, else the bundled conversations) as they are read aloud. Against
pocketsphinx's dictionary, any of a word's pronunciations, which has the same source as the counter's, and against
espeak-ng's phonemes, which have another; these also for the words that the counter has in no dictionary.
"""

from __future__ import annotations

import ctypes
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import espeakng_loader
import pocketsphinx
from pysyllables import get_syllable_count

from askqa_builder.speech.reading import read_aloud
from askqa_builder.speech.syllables import count_syllables, count_written_vowels

from common import corpus, corpus_name, table

CONVERSATIONS = 1055
_WORD = re.compile("[a-z]+(?:'[a-z]+)*")
_NUCLEUS = re.compile("[aeiouæɐɑɒɔəɚɛɜɪʊʌᵻ\u0329]")
"""A vowel, or the mark of a consonant that is a syllable."""

# speak_lib.h
_SYNCHRONOUS, _DONT_EXIT, _UTF8, _IPA = 2, 0x8000, 1, 0x02
_PARTED = ord("_") << 8  # by this mark, phoneme by phoneme


def words() -> Counter[str]:
    """Count the words of all texts, as they are spoken."""
    with TemporaryDirectory() as folder:
        items = json.loads(corpus(Path(folder), CONVERSATIONS).read_text("utf-8"))["data"]
    found = Counter[str]()
    for text in {text for item in items for text in _texts(item)}:
        found.update(_WORD.findall(read_aloud(text).text.lower()))
    return found


def _texts(item: Mapping[str, Any]) -> Iterator[str]:
    yield item["story"]
    for turn in (item["target_turn"], *item["history_turns"]):
        yield from (turn["question"], turn["answer"])


def pronounced() -> dict[str, set[int]]:
    """Return the numbers of syllables of each word of pocketsphinx's dictionary."""
    file = Path(pocketsphinx.__file__).parent / "model" / "en-us" / "cmudict-en-us.dict"
    found: dict[str, set[int]] = {}
    for line in file.read_text("utf-8").splitlines():
        name, *phones = line.split()
        found.setdefault(re.sub(r"\(\d+\)$", "", name), set()).add(sum(phone[0] in "AEIOU" for phone in phones))
    return found


def espeak() -> Callable[[str], int]:
    """Return what counts the vowels and syllabic consonants of a word's phonemes."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _DONT_EXIT)
    library.espeak_SetVoiceByName(b"en-us")

    def count(word: str) -> int:
        text = ctypes.c_char_p(word.encode())
        phonemes: bytes = library.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, _IPA | _PARTED)
        return sum(_NUCLEUS.search(one) is not None for one in phonemes.decode().split("_"))

    return count


def share(of: Mapping[str, int], is_right: Callable[[str], bool]) -> str:
    """Return the share of words in running text, and of different words."""
    right = [word for word in of if is_right(word)]
    return f"{100 * sum(of[word] for word in right) / sum(of.values()):.1f}% / {100 * len(right) / len(of):.1f}%"


def main() -> None:
    """Print the table."""
    known, count = pronounced(), espeak()
    everything = words()
    listed = {word: number for word, number in everything.items() if word in known}
    unlisted = {word: number for word, number in everything.items() if get_syllable_count(word) is None}
    dictionary = [
        share(listed, lambda word: count_syllables(word) in known[word]),
        share(listed, lambda word: count_written_vowels(word) in known[word]),
    ]
    rows = [
        ["pocketsphinx's dictionary", "those it has", len(listed), *dictionary],
        *(
            [
                "espeak-ng's phonemes",
                name,
                len(of),
                share(of, lambda word: count_syllables(word) == count(word)),
                share(of, lambda word: count_written_vowels(word) == count(word)),
            ]
            for name, of in (("all", everything), ("in no dictionary", unlisted))
        ),
    ]
    print(f"{sum(everything.values())} words of {corpus_name()}, {sum(unlisted.values())} of them in no dictionary.")
    print("Counted alike, in running text / of different words:\n")
    table(("against", "words", "different", "counted", "by spelling alone"), rows)


if __name__ == "__main__":
    main()
