"""Quotation marks and brackets: whether a stretch of a text has them in pairs, and marks at its ends."""

from __future__ import annotations

import re

_WHOLE = re.compile(
    r"""[("“‘'«„\[{]*[$€£¥#@+−-]?\w  # opens, if it does, right before what is spoken
    (?:[^•\\]*[\w%°$€£¥+#])?[.,;:!?…)"”’'»\]}]*  # and closes right behind it""",
    re.VERBOSE,
)

_CLOSED_BY = {"(": ")", "[": "]", "{": "}", "“": "”", "„": "“”", "«": "»", "‘": "’"}
_CLOSING = frozenset(")]}”»")
_STRAIGHT = frozenset("\"'")
_APOSTROPHES = frozenset("'’")
_SENTENCE_MARKS = frozenset(".,!?…")


def is_whole(text: str) -> bool:
    """Tell whether a stretch begins and ends with what is spoken, and the marks that belong to it; bullets do not."""
    return _WHOLE.fullmatch(text) is not None


def is_closed(text: str, start: int, end: int) -> bool:
    """Tell whether no quotation and no bracket is cut by the ends of `text[start:end]`.

    What stands around the stretch tells an opening straight mark from a closing one. An apostrophe at the end of a word
    may be a closing mark; it is taken for one where a quotation is open or a sentence's mark stands before it.
    """
    waiting: list[str] = []
    for place in range(start, end):
        mark = text[place]
        if waiting and mark in waiting[-1] and _may_close(text, place):
            waiting.pop()
        elif mark in _STRAIGHT:
            if _may_open(text, place):
                waiting.append(mark)
            elif mark == '"' or _ends_sentence(text, place):
                return False
        elif mark in _CLOSED_BY:
            waiting.append(_CLOSED_BY[mark])
        elif mark in _CLOSING or (mark in _APOSTROPHES and _ends_sentence(text, place)):
            return False
    return not waiting


def _may_close(text: str, place: int) -> bool:
    """Tell whether a mark closes: straight ones and apostrophes stand behind something, and before no letter."""
    if text[place] not in _STRAIGHT | _APOSTROPHES:
        return True
    alone = _is_space(text, place - 1) and _is_space(text, place + 1)
    return alone or not (_is_space(text, place - 1) or text[place + 1 : place + 2].isalnum())


def _may_open(text: str, place: int) -> bool:
    """Tell whether a straight mark opens: behind no letter, and before something."""
    return (
        not text[max(place - 1, 0) : place].isalnum()
        and not _is_space(text, place + 1)
        and not (_ends_sentence(text, place) and not text[place + 1 : place + 2].isalnum())
    )


def _ends_sentence(text: str, place: int) -> bool:
    return text[max(place - 1, 0) : place] in _SENTENCE_MARKS


def _is_space(text: str, place: int) -> bool:
    return not 0 <= place < len(text) or text[place].isspace()
