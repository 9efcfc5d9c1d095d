"""How right an answer is: bag-of-words F1 and exact match as DROP counts them, against the best of its references.

Dua et al. 2019, "DROP: A Reading Comprehension Benchmark Requiring Discrete Reasoning Over Paragraphs", and its
script drop_eval.py (allenai/allennlp-reading-comprehension), for answers of one span; it goes on from SQuAD's
evaluate-v1.1.py (Rajpurkar et al. 2016). Two things differ: an F1 is not rounded to two digits before the mean is
taken, and where nothing of the references is left, that is an error, not a score of 0.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class AnswerScore:
    """f1: between 0 and 1. exact: nothing differs but case, punctuation, articles and how numbers are written."""

    f1: float
    exact: bool


def score_answer(answer: str, references: Sequence[str]) -> AnswerScore:
    """Score an answer against the best of its references; F1 and exact match each have their own best.

    Raises ValueError where there is no reference that is more than blanks.
    """
    meant = [reference for reference in references if reference.strip()]
    if not meant:
        raise ValueError("there is no reference to score against")
    normalised = normalise_answer(answer)
    others = [normalise_answer(reference) for reference in meant]
    return AnswerScore(max(_f1(normalised, other) for other in others), normalised in others)


def normalise_answer(text: str) -> str:
    """Return a text as DROP compares it: lower case, no punctuation, no articles, hyphens split, numbers as floats."""
    words = (_normalise_word(word) for word in re.split("[ -]", text.lower()))
    return " ".join(" ".join(words).split())


def _normalise_word(word: str) -> str:
    bare = word if _is_number(word) else word.translate(_WITHOUT_PUNCTUATION)
    return _ARTICLES.sub(" ", str(float(bare)) if _is_number(bare) else bare)


def _f1(answer: str, reference: str) -> float:
    """Compare two normalised texts as sets of words; where the reference has numbers, one must be in the answer."""
    said, wanted = set(answer.split()), set(reference.split())
    numbers = {word for word in wanted if _is_number(word)}
    if numbers and not numbers & said:
        return 0.0
    if not said and not wanted:
        return 1.0
    return 2 * len(said & wanted) / (len(said) + len(wanted))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
