"""How well a reader who hears nothing guesses: a bag of words on the text of examples, by story, five-fold.

The classifier is scikit-learn's ridge classifier on counts of words and of pairs of words, one for each kind. It learns
on four fifths of the stories and is asked about the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from askqa_builder.proportions import wilson
from askqa_builder.seeds import derive_seed
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.reasoning.task import labels_of
from askqa_builder.tasks.sample import Sample

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
    chance: the mean over the examples of 1 / the labels of their kind. most_frequent: accuracy of who always gives the
    label that is most frequent in the kind.
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

    too_few: stories of each kind that is not measured, as it has fewer than `FOLDS`; it counts nowhere.
    """

    kinds: Mapping[str, Guessed]
    too_few: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as the manifest holds it."""
        return asdict(self)


Asked = tuple[str, str, str, str]
"""Story, kind, prompt and label of an example."""


class LeakageSample:
    """Collects the reasoning examples of a set, as many as are asked."""

    def __init__(self) -> None:
        self._sample: Sample[Asked] = Sample(MOST_EXAMPLES)

    def offer(self, example: Example) -> None:
        """Take note of an example whose kind has few labels; others say nothing of leakage."""
        if example.label is not None and example.task == "reasoning" and labels_of(example.kind):
            key = derive_seed("leakage", example.id)
            self._sample.offer(key, (example.story_id, example.kind, example.prompt, example.label))

    def measure(self) -> Leakage | None:
        """Ask the classifier. None where there are too few examples or stories to learn from."""
        return _measure(self._sample.items())


def _measure(examples: list[Asked]) -> Leakage | None:
    by_kind: dict[str, list[Asked]] = defaultdict(list)
    for example in examples:
        by_kind[example[1]].append(example)
    stories = {kind: len({story for story, *_ in group}) for kind, group in by_kind.items()}
    asked = {kind: group for kind, group in by_kind.items() if stories[kind] >= FOLDS}
    count = sum(map(len, asked.values()))
    if count < _FEWEST_EXAMPLES:
        return None
    right = {kind: sum(_guesses(group)) for kind, group in asked.items()}
    return Leakage(
        **vars(_guessed(asked, right)),
        kinds={kind: _guessed({kind: asked[kind]}, {kind: right[kind]}) for kind in sorted(asked)},
        too_few={kind: stories[kind] for kind in sorted(stories) if kind not in asked},
    )


def _guessed(asked: Mapping[str, list[Asked]], right: Mapping[str, int]) -> Guessed:
    """Sum kinds up. right: how many examples of each were guessed."""
    count, guessed = sum(map(len, asked.values())), sum(right.values())
    low, high = wilson(guessed, count)
    return Guessed(
        examples=count,
        accuracy=guessed / count,
        low=low,
        high=high,
        chance=sum(len(group) / (labels_of(kind) or 1) for kind, group in asked.items()) / count,
        most_frequent=sum(map(_most_frequent, asked.values())) / count,
    )


def leaks(leakage: Leakage | None) -> list[str]:
    """Say of which kinds the text gives labels away, and whether of all together, and what to do."""
    if leakage is None:
        return []
    kinds = [kind for kind, found in leakage.kinds.items() if found.leaks]
    of = [f"{kind} ({_at_least(leakage.kinds[kind])})" for kind in kinds]
    if leakage.leaks:
        of.append(f"all reasoning examples together ({_at_least(leakage)})")
    if not of:
        return []
    remedy = f"leave them out (--without {','.join(kinds)}), or " if kinds else ""
    return [
        f"the text alone gives labels away of {', '.join(of)}; {remedy}change what words them (--writer, --wordings)"
    ]


def _at_least(guessed: Guessed) -> str:
    return f"at least {guessed.low:.1%} are guessed, chance {guessed.chance:.1%}"


def _guesses(examples: list[Asked]) -> Iterable[bool]:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline

    stories = [story for story, *_ in examples]
    texts = [prompt for _, _, prompt, _ in examples]
    labels = [label for *_, label in examples]
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


def _most_frequent(examples: list[Asked]) -> int:
    labels = [label for *_, label in examples]
    return max(map(labels.count, set(labels)))
