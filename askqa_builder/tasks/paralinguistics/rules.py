"""What no question may say, whoever wrote it, and which questions are the same once more."""

from __future__ import annotations

import re
from collections.abc import Iterable

from askqa_builder.tasks.heard_row import plain

MOST_SHARED = 0.7
"""Words that two questions share, of all that they have, from which on one is the other once more."""

_TRANSCRIPT = re.compile(
    r"\b(?:transcri(?:pts?|be|bed|ption|ptions)|captions?|subtitles?|passages?|paragraphs?|(?:re-?)?reads?|reading|"
    r"written|writes?|wrote|printed|spel(?:t|led)|(?:in|of|from|by|to) the (?:text|document|article)|"
    r"the (?:text|document|article) (?:says?|states?|mentions?)|lines? \d+|timestamps?|metadata|labels?|annotat\w+)\b",
    re.IGNORECASE,
)
"""Words that take for granted what a listener has not: a text, or labels. The companion of the paper (arXiv 2505.13338)
filters by such keywords; its list is not published, this one is ours."""

_WHY_FEELING = re.compile(
    r"\bwhy\b.*\b(?:feel(?:s|ing)?|felt|sound(?:s|ed|ing)?|seem(?:s|ed)?|emotions?|mood|upset|happy|sad|angry)\b",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")


def unquoted(text: str) -> str:
    """Return a text without the words that stand in quotation marks: they are of the recording."""
    return _QUOTED.sub("“”", text)


def unfit(prompt: str, quoted: Iterable[str] = ()) -> str | None:
    """Say why a question must not be asked; None where it may be.

    quoted: words of the recording that it repeats, which may be any; so may what stands in quotation marks.
    """
    for words in quoted:
        prompt = prompt.replace(f"“{words}”", "“”")
    found = _TRANSCRIPT.search(unquoted(prompt))
    return None if found is None else f"it takes for granted what is not heard: {found[0]!r}"


def asks_why_it_feels(prompt: str) -> bool:
    """Tell whether a question is one more "why does the speaker feel …"; one of a story is enough."""
    return _WHY_FEELING.search(unquoted(prompt)) is not None


def is_repeated(prompt: str, others: Iterable[str]) -> bool:
    """Tell whether a question is nearly one of others: the same words, or most of them."""
    words = set(plain(prompt).split())
    for other in others:
        theirs = set(plain(other).split())
        if len(words & theirs) > MOST_SHARED * len(words | theirs) or words == theirs:
            return True
    return False
