"""How long a text may take to be spoken."""

from __future__ import annotations

_LETTERS_OF_A_NAME = 3
"""For which a letter that is spelled out counts: "C N N" takes as long as three short words."""


def plausible_seconds(letters: float) -> tuple[float, float]:
    """Return how many seconds the speech of so many letters and digits may last, silence at both ends included.

    Of 1,931 pieces of Abg-CoQA's texts, as spoken by flite (kal16, slt) and espeak (en-us) without the silence at
    their ends, all lie between: 0.03 to 0.28 s a letter up to 10 letters, 0.042 to 0.16 up to 40, 0.05 to 0.11
    beyond (mean 0.07). The upper bound is twice that mean and 1.5 s for silence: people speak more slowly than
    these, and one too many tries costs less than a good one thrown away.
    """
    return max(0.1, 0.04 * letters - 0.1), 1.5 + 0.15 * letters


def letters_in(text: str) -> int:
    """Count the letters and digits of a spoken text, those that stand alone as short words."""
    counts = (sum(map(str.isalnum, word)) for word in text.split())
    return sum(_LETTERS_OF_A_NAME if count == 1 else count for count in counts)
