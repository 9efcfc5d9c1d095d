"""What must be known of a dataset before the first example is made; its audio is not read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from askqa_builder.corpus.conversation import Stage
from askqa_builder.dataset.label_changes import LabelGroups, Labelled, labelled
from askqa_builder.hearing.options import Hearing
from askqa_builder.hearing.row_times import Row
from askqa_builder.hearing.unheard import HearingCheck


@dataclass
class StoryFigures:
    """Of one story in the training split. ambiguous: whether a request of it is; source: the first row's."""

    rows: int = 0
    ambiguous: bool = False
    source: str = ""


@dataclass
class Survey:
    """What was found.

    rows, seconds: of the whole dataset. homes: of stories in several splits (see `homes`). stories: of the training
    split, by id. labels: requests that have both. splits: rows of each.
    """

    rows: int = 0
    seconds: float = 0.0
    stories: dict[str, StoryFigures] = field(default_factory=dict)
    labels: LabelGroups = field(default_factory=lambda: LabelGroups({}, frozenset()))
    splits: Counter[str] = field(default_factory=Counter)
    homes: dict[str, str] = field(default_factory=dict)

    def contrast_of(self, row: Row) -> str | None:
        """Return the name of the pair of contrast that a row's request belongs to.

        None for a clarified row: its request is clear by now, whatever the history.
        """
        return self.labels.contrasts.get(row["conversation_id"]) if row["stage"] == Stage.INITIAL.value else None

    def is_home(self, story: str, split: str) -> bool:
        """Tell whether examples of a story are made in a split."""
        return self.homes.get(story, split) == split


class Surveyor:
    """Looks at each row once, then tells."""

    def __init__(self, hearing: Hearing, train: str, homes: dict[str, str]) -> None:
        self._check = HearingCheck(hearing)
        self._train = train
        self._survey = Survey(homes=homes)
        self._labelled: list[Labelled] = []

    def look(self, row: Row, split: str) -> None:
        """Take note of a row."""
        survey = self._survey
        survey.rows += 1
        survey.seconds += row["duration"]
        survey.splits[split] += 1
        self._check.listen(row)
        if split == self._train and survey.is_home(row["story_id"], split):
            story = survey.stories.setdefault(row["story_id"], StoryFigures(source=row["source"]))
            story.rows += 1
            story.ambiguous |= bool(row["ambiguous"])
        one = labelled(row)
        if one is not None:
            self._labelled.append(one)

    def survey(self) -> Survey:
        """Return what was found. Raises UsageError where rows cannot be heard as wanted, with their number."""
        self._check.check()
        self._survey.labels = LabelGroups.of(self._labelled)
        self._labelled.clear()
        return self._survey
