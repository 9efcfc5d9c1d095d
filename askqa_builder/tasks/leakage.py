"""How well a reader who hears nothing guesses: a bag of words on the text of examples, by story, five-fold.

The classifier is scikit-learn's ridge classifier on counts of words and of pairs of words, one for each kind, and for
each choice of labels that a kind offers. It learns on four fifths of the stories and is asked about the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from askqa_builder.proportions import wilson
from askqa_builder.seeds import derive_seed
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.sample import Sample
from askqa_builder.tasks.task import Task

FOLDS = 5
MOST_EXAMPLES = 20_000
"""A sample of more examples is taken, so that memory does not grow with the set."""

ALLOWED = 0.05
"""Of the interval above chance; a text that gives more away is warned of."""

_FEWEST_EXAMPLES = 20


@dataclass(frozen=True)
class Guessed:
    """What the text alone gives away of some examples.

    examples: how many were asked. accuracy: share that was guessed, with its 95 % interval (Wilson's) from low to high.
    chance: the mean over the examples of 1 / the labels that each could have. most_frequent: accuracy of who always
    gives the label that is most frequent among those of its kind and choice.
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
        choices[example.kind, example.labels].append(example)
    stories = {choice: len({one.story for one in group}) for choice, group in choices.items()}
    asked = {choice: group for choice, group in choices.items() if stories[choice] >= FOLDS}
    if sum(map(len, asked.values())) < _FEWEST_EXAMPLES:
        return None
    right = {choice: sum(_guesses(group)) for choice, group in asked.items()}
    kinds = {kind: {choice: group for choice, group in asked.items() if choice[0] == kind} for kind, _ in asked}
    return Leakage(
        **vars(_guessed(asked, right)),
        tasks=sorted({one.task for one in examples}),
        kinds={kind: _guessed(kinds[kind], right) for kind in sorted(kinds)},
        too_few={_name(choice, choices): stories[choice] for choice in sorted(stories) if choice not in asked},
    )


def _name(choice: _Choice, choices: _Choices) -> str:
    """Name a kind, with its labels where it has several choices of them."""
    kind, labels = choice
    return kind if sum(other == kind for other, _ in choices) == 1 else f"{kind} ({', '.join(labels)})"


def _guessed(asked: _Choices, right: Mapping[_Choice, int]) -> Guessed:
    """Sum up what was asked. right: how many examples of each choice were guessed, perhaps also of others."""
    count, guessed = sum(map(len, asked.values())), sum(right[choice] for choice in asked)
    low, high = wilson(guessed, count)
    return Guessed(
        examples=count,
        accuracy=guessed / count,
        low=low,
        high=high,
        chance=sum(len(group) / len(labels) for (_, labels), group in asked.items()) / count,
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


def _guesses(examples: Sequence[_Asked]) -> Iterable[bool]:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline

    stories = [one.story for one in examples]
    texts = [one.prompt for one in examples]
    labels = [one.label for one in examples]
    for learnt, asked in GroupKFold(FOLDS).split(texts, labels, stories):
        if len({labels[i] for i in learnt}) < 2:  # nothing to tell apart
            yield from (labels[i] == labels[learnt[0]] for i in asked)
            continue
        reader = make_pipeline(
            CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b"), RidgeClassifier(random_state=0)
        )
        reader.fit([texts[i] for i in learnt], [labels[i] for i in learnt])
        guessed = reader.predict([texts[i] for i in asked])
        yield from (labels[i] == guess for i, guess in zip(asked, guessed, strict=True))


def _most_frequent(examples: Sequence[_Asked]) -> int:
    labels = [one.label for one in examples]
    return max(map(labels.count, set(labels)))
