"""How a word that no dictionary has may sound: English letters to ARPAbet, by a table of spellings.

Made for forced alignment, which asks for a pronunciation that is near enough to be found: a wrong vowel moves a
border by less than a frame. It is no model of English spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SPELLINGS = {
    # consonants of several letters
    "tch": "CH", "sch": "S K", "dge": "JH", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K",
    "ng": "NG", "nk": "NG K", "qu": "K W", "gh": "G", "kn": "N", "wr": "R", "ps": "P S", "rh": "R", "sc": "S K",
    "bb": "B", "cc": "K", "dd": "D", "ff": "F", "gg": "G", "ll": "L", "mm": "M", "nn": "N", "pp": "P", "rr": "R",
    "ss": "S", "tt": "T", "vv": "V", "zz": "Z",
    # vowels of several letters
    "tion": "SH AH N", "sion": "ZH AH N", "ight": "AY T", "eau": "OW", "igh": "AY", "ough": "OW", "augh": "AO",
    "air": "EH R", "ear": "IH R", "eer": "IH R", "oor": "AO R", "our": "AW R", "ai": "EY", "au": "AO", "aw": "AO",
    "ay": "EY", "aa": "AA", "ea": "IY", "ee": "IY", "ei": "EY", "eu": "Y UW", "ew": "Y UW", "ey": "IY", "ia": "IY AH",
    "ie": "IY", "io": "IY OW", "iu": "IY AH", "oa": "OW", "oe": "OW", "oi": "OY", "oo": "UW", "ou": "AW", "ow": "OW",
    "oy": "OY", "ua": "W AA", "ue": "UW", "ui": "UW IY", "uy": "AY", "ar": "AA R", "er": "ER", "ir": "ER", "or": "AO R",
    "ur": "ER",
    # single letters
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K",
    "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V",
    "w": "W", "x": "K S", "y": "Y", "z": "Z",
}  # fmt: skip
_SOFT = {"c": "S", "g": "JH"}
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}
_NAMES = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH", "i": "AY",
    "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY", "q": "K Y UW",
    "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S",
    "y": "W AY", "z": "Z IY",
}  # fmt: skip

_VOWELS = "aeiouy"
_SPELLING = re.compile("|".join(sorted(_SPELLINGS, key=lambda spelling: (-len(spelling), spelling))))


def sound_out(word: str) -> str:
    """Return a pronunciation of lower-case letters in ARPAbet, phones separated by blanks; never empty.

    One letter, or several without a vowel, are spelled. Raises ValueError for anything but the letters a to z.
    """
    if not re.fullmatch("[a-z]+", word):
        raise ValueError(f"{word!r} is not made of the letters a to z")
    if len(word) == 1 or not any(letter in _VOWELS for letter in word):
        return " ".join(_NAMES[letter] for letter in word)
    return " ".join(_phones(word))


def _phones(word: str) -> Iterator[str]:
    stem = word[:-1] if len(word) > 3 and word.endswith("e") and word[-2] not in _VOWELS else word  # silent
    for match in _SPELLING.finditer(stem):
        letters, after = match.group(), word[match.end() : match.end() + 1]
        if letters in _SOFT and after and after in "eiy":
            yield _SOFT[letters]
        elif stem != word and match.end() == len(stem) - 1 and letters in _LONG:
            yield _LONG[letters]  # before a consonant and a silent e
        elif letters == "y" and match.start():
            yield "IY" if match.end() == len(word) else "IH"
        elif letters in "aeiou" and match.end() == len(word):
            yield "OW" if letters == "o" else "IY" if letters in "ei" else "AH"
        else:
            yield _SPELLINGS[letters]
