"""How well a reader who hears nothing guesses: a bag of words on the text of examples, by story, five-fold.

There is one reader for each kind, and for each choice of labels that a kind offers (`guessing`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askqa_builder.proportions import wilson_of_clusters
from askqa_builder.seeds import derive_seed
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.guessing import FOLDS, MOST_AT_ONCE, guessed
from askqa_builder.tasks.sample import Sample
from askqa_builder.tasks.task import Task

MOST_EXAMPLES = 20_000
"""A sample of more examples is taken, so that memory does not grow with the set; of each choice `MOST_AT_ONCE`."""

ALLOWED = 0.05
"""Of the interval above chance; a text that gives more away is warned of."""

_FEWEST_EXAMPLES = 20


@dataclass(frozen=True)
class Guessed:
    """What the text alone gives away of some examples.

    examples: how many were asked. accuracy: share that was guessed, with its 95 % interval from low to high: as wide as
    guesses stray where there is nothing to guess, in these stories, and wider where there are few. chance: the mean
    over the examples of 1 / the labels that each could have. most_frequent: accuracy of who always gives the label that
    is most frequent among those of its kind and choice.
    """

    examples: int
    accuracy: float
    low: float
    high: float
    chance: float
    most_frequent: float

    @property
    def leaks(self) -> bool:
        """Whether the interval lies above chance, by more than what is allowed."""
        return self.low > self.chance + ALLOWED


@dataclass(frozen=True)
class Leakage(Guessed):
    """What the text alone gives away of all examples, and of those of each kind.

    tasks: whose examples they are. too_few: stories of each kind that is not measured, as it has fewer than `FOLDS`; it
    counts nowhere. Of a kind that offers several choices of labels (yes and no, or A and B) each may be too few.
    """

    tasks: Sequence[str]
    kinds: Mapping[str, Guessed]
    too_few: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as the manifest holds it."""
        return asdict(self)


@dataclass(frozen=True)
class _Asked:
    """An example. labels: that it could have."""

    story: str
    task: str
    kind: str
    prompt: str
    label: str
    labels: tuple[str, ...]


_Choice = tuple[str, tuple[str, ...]]
"""A kind, and the labels that it offers."""

_Choices = Mapping[_Choice, Sequence[_Asked]]


class LeakageSample:
    """Collects the examples of a set whose tasks tell the labels that they could have, as many as are asked."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = {task.name: task for task in tasks}
        self._sample: Sample[_Asked] = Sample(MOST_EXAMPLES)

    def offer(self, example: Example) -> None:
        """Take note of an example that has a label among few; others say nothing of leakage."""
        task = self._tasks.get(example.task)
        labels = None if task is None or example.label is None else task.labels_of(example)
        if example.label is not None and labels:
            asked = _Asked(example.story_id, example.task, example.kind, example.prompt, example.label, labels)
            self._sample.offer(derive_seed("leakage", example.id), asked)

    def measure(self) -> Leakage | None:
        """Ask the classifier. None where there are too few examples or stories to learn from."""
        return _measure(self._sample.items())


def _measure(examples: list[_Asked]) -> Leakage | None:
    choices: dict[_Choice, list[_Asked]] = defaultdict(list)
    for example in examples:
        if len(choices[example.kind, example.labels]) < MOST_AT_ONCE:
            choices[example.kind, example.labels].append(example)
    stories = {choice: len({one.story for one in group}) for choice, group in choices.items()}
    asked = {choice: group for choice, group in choices.items() if stories[choice] >= FOLDS}
    if sum(map(len, asked.values())) < _FEWEST_EXAMPLES:
        return None
    right = {choice: _right(choice, group) for choice, group in asked.items()}
    kinds = {kind: {choice: group for choice, group in asked.items() if choice[0] == kind} for kind, _ in asked}
    return Leakage(
        **vars(_guessed(asked, right)),
        tasks=sorted({one.task for one in examples}),
        kinds={kind: _guessed(kinds[kind], right) for kind in sorted(kinds)},
        too_few={_name(choice, choices): stories[choice] for choice in sorted(stories) if choice not in asked},
    )


def _right(choice: _Choice, examples: Sequence[_Asked]) -> NDArray[np.int64]:
    """Count how many are guessed, as they are and in each relabelling."""
    labels = sorted({*choice[1], *(one.label for one in examples)})
    numbers = np.array([labels.index(one.label) for one in examples])
    return guessed([one.prompt for one in examples], [one.story for one in examples], numbers, len(labels))


def _name(choice: _Choice, choices: _Choices) -> str:
    """Name a kind, with its labels where it has several choices of them."""
    kind, labels = choice
    return kind if sum(other == kind for other, _ in choices) == 1 else f"{kind} ({', '.join(labels)})"


def _guessed(asked: _Choices, right: Mapping[_Choice, NDArray[np.int64]]) -> Guessed:
    """Sum up what was asked. right: how many examples of each choice were guessed, perhaps also of others."""
    count = sum(map(len, asked.values()))
    chances = {choice: 1 / len(choice[1]) for choice in asked}
    chance = sum(len(group) * chances[choice] for choice, group in asked.items()) / count
    shares = np.sum([right[choice] for choice in asked], axis=0) / count
    independent = sum(len(group) * chances[one] * (1 - chances[one]) for one, group in asked.items()) / count**2
    strayed = float(np.mean((shares[1:] - chance) ** 2))
    low, high = wilson_of_clusters(
        float(shares[0]),
        count,
        strayed / independent if independent else 1.0,
        len({one.story for group in asked.values() for one in group}),
    )
    return Guessed(
        examples=count,
        accuracy=float(shares[0]),
        low=low,
        high=high,
        chance=chance,
        most_frequent=sum(map(_most_frequent, asked.values())) / count,
    )


def leaks(leakage: Leakage | None) -> list[str]:
    """Say of which kinds the text gives labels away, and whether of all together, and what to do."""
    if leakage is None:
        return []
    kinds = [kind for kind, found in leakage.kinds.items() if found.leaks]
    of = [f"{kind} ({_at_least(leakage.kinds[kind])})" for kind in kinds]
    if leakage.leaks:
        of.append(f"all {' and '.join(leakage.tasks)} examples together ({_at_least(leakage)})")
    if not of:
        return []
    remedy = f"leave them out (--without {','.join(kinds)}), or " if kinds else ""
    return [
        f"the text alone gives labels away of {', '.join(of)}; {remedy}change what words them (--writer, --wordings)"
    ]


def _at_least(guessed: Guessed) -> str:
    return f"at least {guessed.low:.1%} are guessed, chance {guessed.chance:.1%}"


def _most_frequent(examples: Sequence[_Asked]) -> int:
    labels = [one.label for one in examples]
    return max(map(labels.count, set(labels)))
