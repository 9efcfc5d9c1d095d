"""The part of a turn's text that is spoken.

A corpus has words that nobody can read out, and that no engine was given: in other scripts, in phonetic notation, the
bracket around them ("Russian (ру́сский язы́к, russkiy yazyk)"). They stand in `text`, and not in `spoken_text`.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from askqa_builder.hearing.row_times import Row, words_of

WORD = re.compile(r"[^\W_]+")
"""Letters and digits."""

Characters = tuple[int, int]

_EMPTY_BRACKETS = re.compile(r"\s*(?:\([^\w()\[\]]*\)|\[[^\w()\[\]]*\])")
_BESIDE_BRACKETS = re.compile(r"(?<=[(\[])[\s,;:/]+|[\s,;:/]+(?=[)\]])")
_NO_BRACKETS = re.compile(r"(?<![)\]])[^()\[\]]+")
"""What stands behind a closing bracket belongs to what is before the bracket."""


def unspoken_words(row: Row, turn: int) -> list[Characters]:
    """Return the words of a turn's text, as characters of it, that are not spoken; in order.

    A word is spoken if something is heard for it (its number may be spelt out), or if it stands in what was spoken;
    where the engine gave no times, also if something else stands there in its place.
    """
    of = row["turns"][turn]
    text: str = of["text"]
    written = [found.span() for found in WORD.finditer(text)]
    timed = words_of(row, turn)
    heard = bytearray(len(text))
    for word in timed:
        heard[word.char_start : word.char_end] = b"\1" * (word.char_end - word.char_start)
    silent = [number for number, (first, last) in enumerate(written) if not any(heard[first:last])]
    if not silent:
        return []
    told = [text[first:last].casefold() for first, last in written]
    spoken = [word.casefold() for word in WORD.findall(of["spoken_text"])]
    if told == spoken:
        return []
    left = set(silent)
    for kind, first, last, *_ in SequenceMatcher(None, told, spoken, autojunk=False).get_opcodes():
        if kind == "equal" or (kind == "replace" and not timed):
            left -= set(range(first, last))
    return [written[number] for number in sorted(left)]


def without(text: str, characters: list[Characters]) -> str:
    """Return a text without some of its words, what stood around them alone, and brackets that are left empty."""
    if not characters:
        return text
    gone = bytearray(len(text))
    for first, last in characters:
        gone[first:last] = b"\1" * (last - first)
    kept = []
    for token in re.finditer(r"\s+|\S+", text):
        first, last = token.span()
        if not any(gone[first:last]):
            kept.append(token[0])
            continue
        rest = "".join(text[place] for place in range(first, last) if not gone[place])
        kept.append(rest if WORD.search(rest) else _NO_BRACKETS.sub("", rest))
    return _tidy("".join(kept))


def _tidy(text: str) -> str:
    """Remove empty brackets, also those in each other, and punctuation that has lost its words."""
    before = None
    while text != before:
        before = text
        text = _BESIDE_BRACKETS.sub("", _EMPTY_BRACKETS.sub("", text))
    return text
