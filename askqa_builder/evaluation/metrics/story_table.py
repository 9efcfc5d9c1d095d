"""What a run's parts add to each measure, story by story."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from askqa_builder.evaluation.metrics.numbers import Numbers

Mask = NDArray[np.bool_]


class StoryTable(ABC):
    """Numbers of each part of a run (items, examples), which measures are made of by summing up.

    columns: by name, [n] each. story_ids: of which story each part is, [n].
    """

    columns: Mapping[str, Numbers]

    @property
    @abstractmethod
    def story_ids(self) -> Sequence[str]:
        """Of which story each part is."""

    @cached_property
    def story(self) -> NDArray[np.intp]:
        """Which story a part is of, numbered from 0 by their order."""
        return np.unique(list(self.story_ids), return_inverse=True)[1]

    @property
    def stories(self) -> int:
        """How many stories there are."""
        return int(self.story.max()) + 1 if len(self.story) else 0

    def sums(self, names: Sequence[str], mask: Mask | None = None) -> Numbers:
        """Sum columns over parts, each rounded once: the order of parts does not count."""
        chosen = slice(None) if mask is None else mask
        return np.array([math.fsum(self.columns[name][chosen]) for name in names])

    def by_story(self, names: Sequence[str], mask: Mask | None = None) -> Numbers:
        """Sum columns over the parts of each story, [stories, names]."""
        chosen = None if mask is None else mask.astype(np.float64)
        found = np.empty((self.stories, len(names)))
        for place, name in enumerate(names):
            column = self.columns[name] if chosen is None else self.columns[name] * chosen
            found[:, place] = np.bincount(self.story, weights=column, minlength=self.stories)
        return found
