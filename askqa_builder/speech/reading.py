"""Turn source text into what a reader would say: ordered, named rules over `SpokenText`.

The result is printable ASCII: words, digits where no rule reads them, and the punctuation that engines
understand. It may be empty, where nothing in the source can be pronounced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from anyascii import anyascii
from num2words import num2words

from askqa_builder.speech.spoken_text import SpokenText

LONGEST_WORD = 40
"""Longer runs without a space are no words; engines overflow or hang on them."""

LONGEST_NUMBER = 15
"""Longer runs of digits are read digit by digit."""

# Symbols that are read as words. Those around numbers (currency) are handled by their own rule first.
_WORDS_OF_SYMBOLS = {
    "%": " percent",
    "&": " and ",
    "@": " at ",
    "+": " plus ",
    "=": " equals ",
    "#": " number ",
    "°": " degrees ",
    "€": " euros ",
    "£": " pounds ",
    "$": " dollars ",
    "½": " one half",
    "¼": " one quarter",
    "¾": " three quarters",
    "×": " times ",
    "÷": " divided by ",
}
_CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros", "¥": "yen"}
_PUNCTUATION = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "´": "'", "`": "'", "…": "..."}

_NUMBER = r"\d{1,3}(?:,\d{3}){1,6}(?!\d)|\d+"


def read_aloud(source: str) -> SpokenText:
    """Apply the rules, in order."""
    text = SpokenText.of(source)
    for rule in _RULES:
        text = rule(text)
    return text


def _controls(text: SpokenText) -> SpokenText:
    """Control and format characters separate words or vanish; they never reach an engine."""
    text = text.sub(re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]+"), "")
    return text.sub(re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]+"), " ")


def _white_space(text: SpokenText) -> SpokenText:
    """A paragraph's end becomes two newlines, all other white space one blank.

    Every later rule then meets two characters of white space at most: with longer runs, patterns that begin
    with white space take quadratic time.
    """
    return text.sub(re.compile(r"\s+"), lambda match: "\n\n" if _is_paragraph(match.group()) else " ")


def _is_paragraph(space: str) -> bool:
    return space.count("\n") > 1


def _punctuation(text: SpokenText) -> SpokenText:
    text = text.sub(re.compile("[" + "".join(_PUNCTUATION) + "]"), lambda match: _PUNCTUATION[match.group()])
    text = text.sub(re.compile(r"''+"), '"')
    return text.sub(re.compile(r"\s{0,2}(?:--+|[—–―]|\s-\s)\s{0,2}"), ", ")


def _blanks(text: SpokenText) -> SpokenText:
    """A cloze blank is read as the word; underscores inside words are emphasis marks."""
    text = text.sub(re.compile(r"(?<![^\s])_+(?![^\s.,;:!?])"), "blank")
    return text.sub(re.compile(r"_+"), " ")


def _currency(text: SpokenText) -> SpokenText:
    pattern = re.compile(rf"([$£€¥])\s?((?:{_NUMBER})(?:\.\d+)?)(\s(?:hundred|thousand|million|billion|trillion))?\b")
    return text.sub(pattern, lambda match: f"{match[2]}{match[3] or ''} {_CURRENCIES[match[1]]}")


def _symbols(text: SpokenText) -> SpokenText:
    text = text.sub(re.compile("[" + re.escape("".join(_WORDS_OF_SYMBOLS)) + "]"), lambda m: _WORDS_OF_SYMBOLS[m[0]])
    return text.sub(re.compile(r"[\\/*^~|<>{}\[\]]+"), " ")


def _long_numbers(text: SpokenText) -> SpokenText:
    """Read digit by digit what is too long to be read as a number."""
    return text.sub(re.compile(rf"\d{{{LONGEST_NUMBER + 1},}}"), lambda match: _digit_by_digit(match.group()))


def _numbers(text: SpokenText) -> SpokenText:
    text = text.sub(re.compile(r"(?<![\d.,])(1[1-9]\d\d|20\d\d)s?(?![.,]?\d|[A-Za-z])"), _year)
    text = text.sub(re.compile(rf"({_NUMBER})(st|nd|rd|th)\b"), _ordinal)
    text = text.sub(re.compile(rf"({_NUMBER})\.(\d+)(?!\.?\d)"), _decimal)
    return text.sub(re.compile(_NUMBER), lambda match: _cardinal(match.group()))


def _year(match: re.Match[str]) -> str:
    words = _number_words(int(match[1]), "year")
    return _plural(words) if match.group().endswith("s") else words


def _plural(words: str) -> str:
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _ordinal(match: re.Match[str]) -> str:
    digits = match[1].replace(",", "")
    return _number_words(int(digits), "ordinal") if len(digits) <= LONGEST_NUMBER else _digit_by_digit(digits)


def _decimal(match: re.Match[str]) -> str:
    return f"{_cardinal(match[1])} point {_digit_by_digit(match[2])}"


def _cardinal(number: str) -> str:
    digits = number.replace(",", "")
    return _digit_by_digit(digits) if len(digits) > LONGEST_NUMBER else _number_words(int(digits), "cardinal")


def _digit_by_digit(digits: str) -> str:
    return " ".join(_number_words(int(digit), "cardinal") for digit in digits)


@lru_cache(maxsize=4096)
def _number_words(number: int, kind: str) -> str:
    words: str = num2words(number, to=kind)
    return words.replace(" and ", " ").replace(",", "").replace("-", " ")


def _folding(text: SpokenText) -> SpokenText:
    """Write other letters with ASCII ones, after the symbols have been spoken."""
    text = text.sub(re.compile(r"[^\x00-\x7f]"), lambda match: anyascii(match.group()))
    return text.sub(re.compile(r"[^\n\x20-\x7e]+|`+"), " ")  # a paragraph's end is still needed


def _long_words(text: SpokenText) -> SpokenText:
    pattern = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")
    return text.sub(re.compile(rf"\S{{{LONGEST_WORD + 1},}}"), lambda match: pattern.sub(r"\g<0> ", match.group()))


def _spaces(text: SpokenText) -> SpokenText:
    text = text.sub(re.compile(r"(?<=[A-Za-z0-9]) ?\n\n ?"), ". ")  # a heading is a sentence of its own
    text = text.sub(re.compile(r"\s+"), " ")
    text = text.sub(re.compile(r" (?=[,.;:!?](?: |$))"), "")
    text = text.sub(re.compile(r"[,;](?: ?[,;])+"), ",")
    return text.sub(re.compile(r"^[ ,;:.!?)\]]+| $"), "")


def _pronounceable(text: SpokenText) -> SpokenText:
    """Punctuation alone is not spoken."""
    return text if any(character.isalnum() for character in text.text) else SpokenText.of("")


_RULES: Iterable[Callable[[SpokenText], SpokenText]] = (
    _controls,
    _white_space,
    _long_numbers,
    _punctuation,
    _blanks,
    _currency,
    _symbols,
    _numbers,
    _folding,
    _long_words,
    _spaces,
    _pronounceable,
)
