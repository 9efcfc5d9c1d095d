"""F1 and exact match as SQuAD counts them, for sets of single questions such as SQuAD, Spoken-SQuAD and SD-QA.

SQuAD's evaluate-v1.1.py (Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text"): lower
case, no ASCII punctuation, no articles, white space as one blank; F1 of the words with their counts; the best of all
references, F1 and exact match each by itself. DROP's scores (`answer_scores`) differ: sets of words, hyphens that
split, numbers as numbers.

Questions without an answer come from SQuAD 2.0 (Rajpurkar et al. 2018, "Know What You Don't Know"). There a system
says so with an empty string, and has 1 if gold has no answer either, else 0. Who speaks cannot say an empty string:
here counts a response that begins with saying so, as "unknown" or "The story does not say". Silence is no answer.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from askqa_builder.corpus.conversation import is_answerable

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")

_HEARD = r"(?:story|passage|text|narrator|narration|recording|article|paragraph|speaker|context|audio)"
_ASKED = rf"(?:answer|question|this|that|it|{_HEARD})"
_IS = r"(?:is|was|are|were)"
_TOLD = r"(?:known|mentioned|stated|specified|given|said|told|answered|provided|clear|answerable|determined|found)"
_TELL = r"(?:say|tell|mention|state|specify|answer|give|provide|reveal|explain|contain|include|indicate)"
_NOT = r"(?:do not|dont|does not|doesnt|did not|didnt|can not|cannot|cant|could not|couldnt|never)"
_GOES_ON = r"(?= (?:in|to|from|by|who|what|when|where|which|why|how|because|based|according|as|story)\b|$)"
_SAYS_UNANSWERABLE = re.compile(
    r"(?:(?:(?:(?:i am|im) )?(?:sorry|afraid)|unfortunately|well) (?:but |that )?)?(?:"
    rf"(?:{_ASKED} )?(?:{_IS} )?(?:unknown|unanswerable|unclear){_GOES_ON}"
    rf"|(?:{_ASKED} )?(?:(?:{_IS} )?not|isnt|wasnt) {_TOLD}\b"
    rf"|{_ASKED} {_NOT} be {_TOLD}\b"
    rf"|(?:(?:in |from )?(?:{_HEARD}|it) )?{_NOT} {_TELL}\b"
    rf"|(?:i|we) {_NOT} (?:know|determine|find|{_TELL})\b"
    rf"|(?:there {_IS} |{_HEARD} (?:has|gives) )?no (?:answer|information|mention)\b)"
)
"""On normalised text, in which there are neither articles nor apostrophes."""


@dataclass(frozen=True)
class SquadScore:
    """f1: between 0 and 1. answerable: whether gold has an answer; where not, F1 is exact match."""

    f1: float
    exact: bool
    answerable: bool


def score_squad(answer: str | None, references: Sequence[str]) -> SquadScore:
    """Score an answer against the best of its references. answer: None where there is none.

    The first reference is gold: "unknown" for a question without an answer. Raises ValueError where there is none.
    """
    if not references:
        raise ValueError("there is no reference to score against")
    answerable = is_answerable(references[0])
    if answer is None:
        return SquadScore(0.0, False, answerable)
    if not answerable:
        right = says_unanswerable(answer)
        return SquadScore(float(right), right, answerable)
    said = normalise_squad(answer)
    wanted = [normalise_squad(reference) for reference in references]
    return SquadScore(max(_f1(said, one) for one in wanted), said in wanted, answerable)


def normalise_squad(text: str) -> str:
    """Return a text as SQuAD compares it."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def says_unanswerable(answer: str) -> bool:
    """Tell whether an answer begins with saying that there is none. For English."""
    return _SAYS_UNANSWERABLE.match(normalise_squad(answer)) is not None


def _f1(said: str, wanted: str) -> float:
    """Compare bags of words; without a word in common it is 0, two empty ones too."""
    ours, theirs = said.split(), wanted.split()
    common = (Counter(ours) & Counter(theirs)).total()
    if not common:
        return 0.0
    precision, recall = common / len(ours), common / len(theirs)
    return 2 * precision * recall / (precision + recall)
