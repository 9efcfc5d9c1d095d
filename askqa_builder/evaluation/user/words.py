"""The words of questions and replies that say what is meant; for English."""

from __future__ import annotations

import re
from importlib.resources import files

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)\s+|\n+")

_FUNCTION_WORDS = frozenset(files(__package__).joinpath("function_words.txt").read_text("utf-8").split())
"""Words in which questions about a meaning are framed, and those that only bind others."""

_CONTRACTED = {"can't": "can not", "won't": "will not", "shan't": "shall not", "cannot": "can not"}
_BOUND = re.compile(r"'(?:s|m|re|ve|ll|d)?$")
_PLACES = {"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th"}
_PLACE, _YEAR = re.compile(r"\d+(?:st|nd|rd|th)|last"), re.compile(r"\d{4}")
_ENDINGS = (("ies", "y"), ("ie", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("ly", ""), ("e", ""))
_DOUBLED = re.compile(r"([bdgmnpt])\1$")
_SHORTEST_STEM = 3


def words(text: str) -> list[str]:
    """Return the words of a text in lower case; "n't" is a word, and the endings of "it's" and "I'm" are none."""
    plain: list[str] = []
    for word in _WORD.findall(text.replace("’", "'").lower()):
        whole = _CONTRACTED.get(word, word.removesuffix("n't") + " not" if word.endswith("n't") else word)
        plain.extend(_BOUND.sub("", whole).split())
    return plain


def content(text: str) -> frozenset[str]:
    """Return the stems of the words that say something."""
    return frozenset(content_in_order(text))


def content_in_order(text: str) -> tuple[str, ...]:
    """Return the stems of the words that say something, as they follow one another."""
    return tuple(_stem(word) for word in words(text) if word not in _FUNCTION_WORDS)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; "Mr." and initials end none."""
    return [sentence for part in _SENTENCE_END.split(text) if (sentence := part.strip())]


def _stem(word: str) -> str:
    """Return a word without the endings of plurals and tenses; the first ordinals in digits."""
    if word in _PLACES:
        return _PLACES[word]
    if word.isalpha() and not word.endswith("ss"):
        for ending, other in _ENDINGS:
            stem = word.removesuffix(ending) + other
            if word.endswith(ending) and len(stem) >= _SHORTEST_STEM:
                return _DOUBLED.sub(r"\1", stem).removesuffix("e" if len(stem) > _SHORTEST_STEM else "")
    return word


_TIMES = content("before after during")
_TURNS = content("not never besides except other another else")


def sorts(told: frozenset[str]) -> tuple[frozenset[str], ...]:
    """Return those of the words of `content` that are places in an order, years, and relations in time."""
    places = frozenset(word for word in told if _PLACE.fullmatch(word))
    return places, frozenset(word for word in told if _YEAR.fullmatch(word)), told & _TIMES


def contrasts(told: frozenset[str]) -> frozenset[str]:
    """Return those of the words of `content` that turn a meaning into another one."""
    return (told & _TURNS).union(*sorts(told))
