"""How many syllables a text has when it is spoken: what speed is counted in.

Listeners judge tempo by syllables more than by words or phones (Plug and Smith 2021, Journal of Phonetics 86), and by
those of the full pronunciation, whether or not each is articulated (Plug, Lennon and Smith 2019, ICPhS).
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_LETTERS = re.compile(r"[a-z]+(?:'[a-z]+)*")

_VOWELS = re.compile("[aeiouy]+")
_SILENT = re.compile(
    r"[^aeiouy]e$(?<![^aeiouyr]le)"  # "name", but not "table"
    r"|[^aeiouytd]ed$"  # "named", but not "wanted"
    r"|[^aeiouycghsxz]es$(?<![^aeiouyr]les)"  # "names", but not "boxes", "tables"
)
_APART = re.compile("[aeou]y[aeiou]|ia|ii|io|iu|eo|ao|yi|[iou]ing|i[eu]r$|ie(?:s?t)|(?<![gq])u[ao]")
"""Vowels that belong to two syllables; those of `_TOGETHER` to one after all."""
_TOGETHER = re.compile("[cgstx]i(?:a[ln]|on|ou)")
_SYLLABIC = re.compile("sms?$")
_HISSING = re.compile("(?:[sxz]|[cs]h|[cgsz]e)$")


def count_syllables(text: str) -> int | None:
    """Count the syllables of English text as `read_aloud` leaves it: numbers as words, spelled letters apart.

    None where there are no words, or one holds digits or letters beyond a to z, of which nobody says how they sound.

    The CMU Pronouncing Dictionary has 98 in a hundred words of running text; of the others, as names, the vowels that
    are written together are counted, with the usual corrections. benchmarks/syllables.py holds both against another
    dictionary and espeak.
    """
    counts = [_count(word) for word in _WORD.findall(text.lower())]
    return None if None in counts else sum(filter(None, counts)) or None


def _count(word: str) -> int | None:
    from pysyllables import get_syllable_count  # 130,000 words, which only who measures needs

    if not _LETTERS.fullmatch(word):
        return None
    known: int | None = get_syllable_count(word)
    if known is not None:
        return known
    stem, _, ending = word.rpartition("'")
    if stem and ending == "s":
        own = _count(stem)
        return None if own is None else own + (_HISSING.search(stem) is not None)
    return count_written_vowels(word)


def count_written_vowels(word: str) -> int:
    """Count the syllables of a word that no dictionary has, in letters a to z, by how it is spelled."""
    letters = word.replace("'", "")
    if not _VOWELS.search(letters):
        return len(letters) + 2 * letters.count("w")  # spelled: "double-u" has three
    count = len(_VOWELS.findall(letters)) + len(_APART.findall(letters)) - len(_TOGETHER.findall(letters))
    count += (_SYLLABIC.search(letters) is not None) - (_SILENT.search(letters) is not None)
    return max(count, 1)
