"""What a run left to be scored: items, and the trajectories that there are of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from askqa_builder.corpus.conversation import Action
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Intent, Item
from askqa_builder.evaluation.trajectory import Ending, Round, Trajectory

_WITHOUT_SCORES = frozenset({"failed", "not_applicable"})


@dataclass(frozen=True)
class Held:
    """A trajectory with what it is of."""

    item: Item
    intent: Intent
    trajectory: Trajectory

    @property
    def asked(self) -> bool:
        """Whether the first response is a clarifying question."""
        return self.trajectory.first.action is Action.CLARIFY


@dataclass(frozen=True)
class Outcomes:
    """A run's items and trajectories, in any order.

    Raises UsageError for a trajectory of no item or intent, two of one intent, and two items of one row.
    """

    items: Sequence[Item]
    trajectories: Sequence[Trajectory]

    def __post_init__(self) -> None:
        if len({item.row_id for item in self.items}) < len(self.items):
            raise UsageError("two items are of the same row; give each row once")
        _ = self.held

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """The trajectories that have scores, by row and branch."""
        whole = [one for one in self._known if one.trajectory.ending not in _WITHOUT_SCORES]
        return tuple(sorted(whole, key=lambda one: (one.item.row_id, _place(one.intent))))

    def ended(self, ending: Ending) -> int:
        """Count the trajectories with an ending."""
        return sum(one.trajectory.ending == ending for one in self._known)

    @property
    def missing(self) -> int:
        """Trajectories that are not there at all."""
        return sum(len(item.intents) for item in self.items) - len(self._known)

    @cached_property
    def responses(self) -> tuple[tuple[Item, Round], ...]:
        """All that the model said, each response once, those of failed trajectories too; by row, branch and round.

        The trajectories of an item begin with the same recording: first responses that are alike to the last digit of
        their time were asked for once.
        """
        found: list[tuple[Item, Round]] = []
        first: set[tuple[object, ...]] = set()
        for one in sorted(self._known, key=lambda one: (one.item.row_id, _place(one.intent))):
            for number, response in enumerate(one.trajectory.rounds):
                identity = (one.item.row_id, response.response, response.unfit, response.seconds)
                if number or identity not in first:
                    found.append((one.item, response))
                if not number:
                    first.add(identity)
        return tuple(found)

    @cached_property
    def _known(self) -> list[Held]:
        items = {item.row_id: item for item in self.items}
        found: dict[tuple[str, int | None], Held] = {}
        for trajectory in self.trajectories:
            item = items.get(trajectory.item)
            intents = () if item is None else item.intents
            intent = next((intent for intent in intents if intent.branch == trajectory.branch), None)
            if item is None or intent is None:
                raise UsageError(
                    f"trajectory {trajectory.id} is of no item that there is; score it with its own dataset"
                )
            if (item.row_id, intent.branch) in found:
                raise UsageError(f"trajectory {trajectory.id} is there twice; give each once")
            found[item.row_id, intent.branch] = Held(item, intent, trajectory)
        return list(found.values())


def _place(intent: Intent) -> int:
    return -1 if intent.branch is None else intent.branch
