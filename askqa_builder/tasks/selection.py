"""Which examples of the training split are kept: a fraction of its stories, a mix of tasks, a balance of actions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from askqa_builder.hearing.row_times import Row
from askqa_builder.seeds import SEED_BITS, derive_seed
from askqa_builder.tasks.options import TasksOptions
from askqa_builder.tasks.survey import Survey

Group = tuple[str, str | None]
"""Examples that are thinned out alike: of a task, and with `--balance action` of one action."""

LABELLED_TASKS = frozenset({"reasoning", "response"})
"""Tasks whose answers depend on whether a request is ambiguous."""


@dataclass(frozen=True)
class Selection:
    """What is kept. stories: of the training split, None for all. last: draws up to which its examples are kept, by
    group; None for all of them."""

    options: TasksOptions
    survey: Survey
    stories: frozenset[str] | None
    last: Mapping[Group, int] | None = None

    def keeps_row(self, row: Row, split: str) -> bool:
        """Tell whether examples are made of a row."""
        if not self.survey.is_home(row["story_id"], split):
            return False
        return split != self.options.train or self.stories is None or row["story_id"] in self.stories

    def keeps_task(self, task: str, row: Row, split: str) -> bool:
        """Tell whether a task makes examples of a row: not of contradicting labels in the training split."""
        in_training = split == self.options.train and not self.options.keep_conflicts
        return not (in_training and task in LABELLED_TASKS and row["conversation_id"] in self.survey.labels.conflicts)

    def keeps_example(self, example_id: str, task: str, action: str | None, split: str) -> bool:
        """Tell whether an example is kept; by its draw alone, so that no other has to be at hand."""
        if split != self.options.train or self.last is None:
            return True
        return self.draw(example_id) <= self.last.get(self.group(task, action), -1)

    def draw(self, example_id: str) -> int:
        """Return the number by which an example is kept or not; the smallest ones are."""
        return derive_seed("thinned", self.options.seed, example_id)

    def group(self, task: str, action: str | None) -> Group:
        """Return what an example is counted with."""
        return task, action if self.options.balance is not None else None

    @property
    def needs_counts(self) -> bool:
        """Tell whether all examples have to be counted before one is written."""
        return self.options.mix is not None or self.options.balance is not None


def chosen_stories(survey: Survey, options: TasksOptions) -> frozenset[str] | None:
    """Return the stories of a fraction of the training split; None for all of them.

    Stories are whole, and stand in an order in which each stratum (their source, and whether a request of them is
    ambiguous) has its share of any beginning; from it as many are taken as have the fraction of all rows, as nearly as
    can be, and at least one. So a smaller fraction is part of every larger one.
    """
    if options.fraction == 1.0:
        return None
    strata: dict[tuple[str, bool], list[tuple[int, str]]] = defaultdict(list)
    for story, figures in survey.stories.items():
        drawn = derive_seed("fraction", options.seed, story)
        strata[figures.source, figures.ambiguous].append((drawn, story))
    order: list[tuple[float, int, str]] = []
    for stratum in strata.values():
        of_all = sum(survey.stories[story].rows for _, story in stratum)
        before = 0
        for drawn, story in sorted(stratum):
            rows = survey.stories[story].rows
            # within the story's rows not their middle, or all strata of one story would stand in one place
            order.append(((before + rows * drawn / (1 << SEED_BITS)) / of_all, drawn, story))
            before += rows
    return frozenset(_beginning([story for *_, story in sorted(order)], survey, options.fraction))


def _beginning(stories: Sequence[str], survey: Survey, fraction: float) -> Sequence[str]:
    """Return the first stories that have a fraction of all rows, as nearly as can be; at least one."""
    wanted = fraction * sum(survey.stories[story].rows for story in stories)
    so_far = list(accumulate(survey.stories[story].rows for story in stories))
    nearest = min(range(len(so_far)), key=lambda place: (abs(so_far[place] - wanted), place), default=-1)
    return stories[: nearest + 1]


def wanted_counts(there: Mapping[Group, int], options: TasksOptions) -> dict[Group, int]:
    """Return how many examples of each group to keep, from how many there are.

    balance: the rarer action is kept whole, and as many of the other. mix: as many as can be of all tasks in their
    proportions; a task of which there are too few bounds the others.
    """
    groups = _groups_of_tasks(there)
    most = available(there)
    if options.mix is not None:
        scale = min(most.get(task, 0) / weight for task, weight in options.mix.items())
        most = {task: round(scale * weight) for task, weight in options.mix.items()}
    return {one: most[task] // len(ones) for task, ones in groups.items() for one in ones}


def available(there: Mapping[Group, int]) -> dict[str, int]:
    """Return how many examples of each task a mix can take: as many of each of its groups, which are its actions."""
    return {task: len(ones) * min(there[one] for one in ones) for task, ones in _groups_of_tasks(there).items()}


def _groups_of_tasks(groups: Iterable[Group]) -> dict[str, list[Group]]:
    by_task: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        by_task[group[0]].append(group)
    return by_task


def last_kept(draws: Mapping[Group, Sequence[int]], wanted: Mapping[Group, int]) -> dict[Group, int]:
    """Return the last draw of each group that is kept; groups of which none is are left out."""
    return {group: sorted(drawn)[wanted[group] - 1] for group, drawn in draws.items() if wanted[group]}
