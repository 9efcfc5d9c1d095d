"""Whether the classifiers of a run agree on what the model said."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from askqa_builder.evaluation.actions.agreement import Agreement
from askqa_builder.evaluation.trajectory import Round

Pair = tuple[str, str]
"""The names of two classifiers."""


def agreements(responses: Iterable[Round]) -> dict[Pair, Agreement]:
    """Compare each two classifiers over the responses that both classified."""
    classified = [response.actions for response in responses]
    names = sorted({name for actions in classified for name in actions})
    found = {}
    for pair in combinations(names, 2):
        both = [actions for actions in classified if set(pair) <= actions.keys()]
        found[pair] = Agreement.of(*([actions[name] for actions in both] for name in pair))
    return found
