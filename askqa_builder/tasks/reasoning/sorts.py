"""Of what sort an answer is: by what the question asks for, and by the answer's form.

Two answers of one sort could both be said to the question: a number of things, a year, a name of somebody, a colour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from num2words import num2words

from askqa_builder.tasks.heard_row import plain

YES_NO = "yes-no"

OTHER = "other"
"""What begins the sort of an answer where the question has no word that says what it asks for."""

_SHORT = 3
"""Words of an answer that is no clause."""

_VAGUE = frozenset(("thing", "action", "manner", "reason"))

NUMBER_WORDS = frozenset(num2words(n) for n in range(21)) | {
    *(num2words(n) for n in range(30, 100, 10)),
    "hundred",
    "thousand",
    "million",
    "billion",
    "once",
    "twice",
}
_FUNCTION_WORDS = "a an the of to in on at by for with and or his her its their he she it they was is are were"
EMPTY = frozenset(_FUNCTION_WORDS.split())

_ASKED = {"who": "person", "whose": "person", "whom": "person", "where": "place", "when": "time", "why": "reason"}
_ASKING = frozenset((*_ASKED, "how", "what", "which"))
_HOW = {
    "many": "count",
    "much": "amount",
    "old": "age",
    "long": "duration",
    "often": "frequency",
    "come": "reason",
    **dict.fromkeys(("far", "tall", "big", "large", "high", "wide", "deep", "heavy", "fast"), "measure"),
}
_AUXILIARY_VERBS = "is was are were do does did has have had will would can could should may might must"
_AUXILIARIES = frozenset((*_AUXILIARY_VERBS.split(), "s", "else", "about"))
_HEADS = {
    **dict.fromkeys(("place", "location"), "place"),
    **dict.fromkeys(("color", "colour", "colors", "colours"), "colour"),
    **dict.fromkeys(("man", "woman", "person", "boy", "girl"), "person"),
    **dict.fromkeys(("day", "date"), "day"),
    **dict.fromkeys(("percent", "percentage"), "percent"),
    "number": "count",
}
_KINDS = frozenset(("kind", "kinds", "type", "types", "sort", "sorts"))
_DOING = frozenset(("do", "doing", "done", "happen", "happened", "happens"))
_NAMING = frozenset(("name", "named", "called", "names"))
_YEAR = re.compile(r"(?:in )?(?:1\d|20)\d\d")
_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_MONTHS = "january february march april may june july august september october november december"
_CALENDAR = frozenset((*_DAYS.split(), *_MONTHS.split()))
_CAPITAL = re.compile(r"[A-Z]")


def answer_kind(question: str, answer: str) -> str:
    """Name what sort of answer it is: yes-no, or what is asked for and the answer's form."""
    words = plain(answer).split()
    if words[:1] in (["yes"], ["no"]):
        return YES_NO
    return f"{_asked_for(plain(question).split())}, {answer_form(answer)}"


def is_vague(kind: str) -> bool:
    """Tell whether answers of a sort have so little in common that those of other stories are out of place."""
    return kind.partition(",")[0] in _VAGUE


def answer_form(answer: str) -> str:
    """Name an answer's form: year, date, number, name, a few words, a clause; yes or no, alone or with more."""
    words = plain(answer).split()
    if words[:1] in (["yes"], ["no"]):
        return YES_NO if len(words) == 1 else f"{YES_NO} and more"
    if _YEAR.fullmatch(" ".join(words)):
        return "year"
    if _CALENDAR.intersection(words) and len(words) <= 2 * _SHORT:
        return "date"
    if any(word in NUMBER_WORDS or word[0].isdigit() for word in words):
        return "number" if len(words) <= _SHORT else "clause with a number"
    if len(words) > _SHORT:
        return "clause"
    written = [word for word in answer.split() if plain(word) and plain(word) not in EMPTY]
    return "name" if written and all(_CAPITAL.match(word.lstrip("\"'“‘(")) for word in written) else "words"


def _asked_for(words: Sequence[str]) -> str:
    """Name what a question asks for; "other" where no word tells."""
    for place, word in enumerate(words):
        after = words[place + 1 :]
        if word == "when" and _ASKING.intersection(after):
            continue  # "When he passed, who did he leave it to?"
        if word in _ASKED:
            return _ASKED[word]
        if word == "how":
            return _HOW.get(after[0], "manner") if after else "manner"
        if word in ("what", "which"):
            return _what(after)
    return OTHER


def _what(after: Sequence[str]) -> str:
    if after[:1] and after[0] in _KINDS and after[1:2] == ["of"]:
        after = after[2:]
    if not after or after[0] in _AUXILIARIES:
        if _DOING.intersection(after[1:]):
            return "action"
        return "name" if _NAMING.intersection(after) else "thing"
    if after[0] in _DOING:
        return "action"
    return _HEADS.get(after[0], after[0].removesuffix("s"))
