"""What an assistant's question does: proposes a meaning, offers a choice, or leaves open what is meant; for English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from askqa_builder.evaluation.actions.rule import is_clarifying_question
from askqa_builder.evaluation.user.words import content, content_in_order, sentences, words

Kind = Literal["proposal", "choice", "open"]

_WH = r"(?:what|which|who|whom|whose|when|where|why|how)"
_OPENS = re.compile(
    rf"^(?:(?:and|or|but|so|oh|sorry|okay|well|hmm|by \S+|other than|besides|according to|another|since|until|in|on|at"
    rf"|to|of|from|for|with|about|after|before) )*{_WH}\b(?! of)"
    rf"|\b(?:can|could|would|will) you\b.{{1,80}}?\b{_WH}\b"
    r"|\b(?:not (?:quite |entirely |really )?(?:sure|certain|clear)|unclear|clarify|specify|elaborate|rephrase"
    r"|more (?:specific|precise|information|context|details?))\b"
)
_PROPOSES = re.compile(
    r"\b(?:do|did|are|were|is|was|would|have|has|does) (?:you|your|he|she|it|they|we|the|this|that|there|these|those)\b"
    r"|^(?:so |oh |and )*(?:you|are asking)\b|^(?:is|was|are|were|does|did|do|has|had) "
)
_REPEATED_REQUEST = re.compile(
    r"^(?:when|if) you (?:say|said|ask|asked|mention|mentioned|refer|referred)\b.{1,100}?(?=\b(?:do|did|are|were) you)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Asked:
    """A response as a question.

    text: the sentences of it that ask; all of it where none does. kind: open where it proposes nothing. words: that say
    what it asks about, as `words.content` has them.
    """

    text: str
    kind: Kind
    words: frozenset[str]


def asked(response: str) -> Asked:
    """Return what a response asks."""
    found = sentences(response)
    asking = [one for one in found if is_clarifying_question(one) or one.endswith("?")] or found
    asking = [_REPEATED_REQUEST.sub("", one) for one in asking]
    text = " ".join(asking)
    return Asked(text, _kind(asking), content(text))


def is_same_question(one: str, other: str) -> bool:
    """Tell whether two questions say the same in all words that say something, in the same order."""
    told = content_in_order(one)
    return words(one) == words(other) or (bool(told) and told == content_in_order(other))


def _kind(asking: list[str]) -> Kind:
    said = [" ".join(words(one)) for one in asking]
    if any(re.search(r"\bor\b", one) for one in said):
        return "choice"
    if any(_OPENS.search(one) for one in said):
        return "open"
    proposes = any(_PROPOSES.search(one) for one in said) or any(one.endswith("?") for one in asking)
    return "proposal" if proposes else "open"
