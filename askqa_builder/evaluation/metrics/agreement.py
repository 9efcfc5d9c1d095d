"""Do classifiers of actions agree: on the responses that a model gave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.trajectory import Round


@dataclass(frozen=True)
class Agreement:
    """How two classifiers agree. responses: that both classified. asked: by one, by the other, by both.

    kappa: Cohen's (1960); None where both always say the same one thing, and chance agreement is whole.
    """

    classifiers: tuple[str, str]
    responses: int
    agreement: float
    kappa: float | None
    asked: tuple[int, int, int]

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        return asdict(self)


def agreements(responses: Iterable[Round]) -> list[Agreement]:
    """Compare each two classifiers over the responses that both classified."""
    classified = [response.actions for response in responses]
    names = sorted({name for actions in classified for name in actions})
    found = []
    for one, other in combinations(names, 2):
        pairs = [(actions[one], actions[other]) for actions in classified if one in actions and other in actions]
        if pairs:
            found.append(_agreement((one, other), [(Action(a), Action(b)) for a, b in pairs]))
    return found


def _agreement(names: tuple[str, str], pairs: list[tuple[Action, Action]]) -> Agreement:
    count = len(pairs)
    alike = sum(a is b for a, b in pairs)
    first, second = (sum(pair[place] is Action.CLARIFY for pair in pairs) for place in (0, 1))
    both = sum(a is b is Action.CLARIFY for a, b in pairs)
    by_chance = first * second + (count - first) * (count - second)  # in pairs of pairs
    kappa = None if by_chance == count * count else (alike * count - by_chance) / (count * count - by_chance)
    return Agreement(names, count, alike / count, kappa, (first, second, both))
