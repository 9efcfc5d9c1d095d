"""Numbers in words, as an American reads them."""

from __future__ import annotations

from functools import lru_cache

from num2words import num2words

LONGEST_NUMBER = 15
"""Longer runs of digits are read digit by digit."""


def cardinal(number: str) -> str:
    """Read digits, with commas or without; those that begin with zeros, and very many, one by one."""
    digits = number.replace(",", "")
    if len(digits) > LONGEST_NUMBER or (digits.startswith("0") and len(digits) > 1):
        return digit_by_digit(digits)
    return _words(int(digits), "cardinal")


def ordinal(number: str) -> str:
    """Read digits as an ordinal."""
    digits = number.replace(",", "")
    return _words(int(digits), "ordinal") if len(digits) <= LONGEST_NUMBER else digit_by_digit(digits)


def decimal(number: str) -> str:
    """Read a number with or without a decimal point, and with or without a sign."""
    if number.startswith("-"):
        return f"minus {decimal(number[1:])}"
    whole, _, part = number.partition(".")
    return f"{cardinal(whole or '0')} point {digit_by_digit(part)}" if part else cardinal(whole)


def year(digits: str) -> str:
    """Read a year: 1986 is nineteen eighty six, 1905 nineteen oh five, 2008 two thousand eight."""
    number = int(digits)
    century, rest = divmod(number, 100)
    if len(digits) < 3 or (century % 10 == 0 and rest < 10):
        return _words(number, "cardinal")
    if not rest:
        return f"{_words(century, 'cardinal')} hundred"
    return f"{_words(century, 'cardinal')} {'oh ' if rest < 10 else ''}{_words(rest, 'cardinal')}"


def decade(digits: str) -> str:
    """Read the decade that begins with a year of two or four digits: 1960 is nineteen sixties."""
    words = year(digits) if len(digits) == 4 else _words(int(digits), "cardinal")
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def digit_by_digit(digits: str) -> str:
    """Read each digit by itself."""
    return " ".join(_words(int(digit), "cardinal") for digit in digits if digit.isdigit())


@lru_cache(maxsize=4096)
def _words(number: int, kind: str) -> str:
    words: str = num2words(number, to=kind)
    return words.replace(" and ", " ").replace(",", "").replace("-", " ")
