"""Windows in which category and valence contradict each other, as one of the two must be wrong.

The idea is of Wang et al. (arXiv 2505.13338), who drop windows in which categories and a model of valence disagree.
Which categories are pleasant, and how far from the middle valence must be to contradict one, is our choice: the signs
are those of the words' norms for valence of Warriner, Kuperman and Brysbaert (2013); surprise goes either way (Ekman),
neutral, other and unknown say nothing of valence.
"""

from __future__ import annotations

from askqa_builder.voices.emotion import Affect

PLEASANT = frozenset({"happy"})
UNPLEASANT = frozenset({"angry", "disgusted", "fearful", "sad"})

MIDDLE = 0.5
"""Valence that is neither pleasant nor unpleasant."""


def is_consistent(affect: Affect, margin: float = 0.0) -> bool:
    """Tell whether category and valence go together; they do where one of them is not known.

    margin: how far valence may lie on the wrong side of the middle.
    """
    if affect.category is None or affect.valence is None:
        return True
    if affect.category in PLEASANT:
        return affect.valence >= MIDDLE - margin
    if affect.category in UNPLEASANT:
        return affect.valence <= MIDDLE + margin
    return True
