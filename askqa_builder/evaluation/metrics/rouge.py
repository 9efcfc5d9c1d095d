"""ROUGE-L (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"): how long a sequence is shared."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORD = re.compile(r"[a-z0-9]+")


def rouge_l(response: str, reference: str) -> float:
    """Return the F measure, between 0 and 1, on the tokens of the package rouge-score without stemming.

    Those are runs of a–z and 0–9 in lower case; a text without any has a score of 0.
    """
    said, wanted = _tokens(response), _tokens(reference)
    shared = _longest_common_subsequence(said, wanted)
    if not shared:
        return 0.0
    precision, recall = shared / len(said), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def _tokens(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _longest_common_subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """Return its length, row by row of the table."""
    above = [0] * (len(other) + 1)
    for token in one:
        row = [0]
        for place, candidate in enumerate(other):
            row.append(above[place] + 1 if token == candidate else max(above[place + 1], row[place]))
        above = row
    return above[-1]
