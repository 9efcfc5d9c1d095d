"""Questions about how a dataset would be had it been built with other seeds: styles and voices drawn anew, unspoken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from askqa_builder.build.recipe import resolve_profiles
from askqa_builder.build.turn_style import style_columns
from askqa_builder.corpus.conversation import Act, Role, Turn
from askqa_builder.dataset.source import Source
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.options import Hearing
from askqa_builder.hearing.row_times import Row
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.making import Origin, finished
from askqa_builder.tasks.paralinguistics.task import Paralinguistics
from askqa_builder.tasks.task import Draw
from askqa_builder.tasks.wordings import load_wordings
from askqa_builder.voices.casting import CastingKey, cast


class Redrawn:
    """Makes questions with labels, as `askqa styles questions` would of other builds of a dataset's conversations."""

    def __init__(self, dataset: Path, profiles: str) -> None:
        """dataset: built with these profiles. Its times stay as they are: no such question depends on them."""
        self._rows = list(Source(dataset).all_texts())
        self._resolved, _ = resolve_profiles(profiles)
        self._wordings = load_wordings()

    def examples(self, seed: int) -> Iterator[Example]:
        """Yield the questions that have labels, of a build and of draws of questions with this seed."""
        task = Paralinguistics(self._wordings)
        rows = [HeardRow(self._row(row, split, seed), hear(row, Hearing()), split) for row, split in self._rows]
        for row in rows:
            task.expect(row)
        task.surveyed()
        for row in rows:
            yield from self._of(task, row, seed)

    def _of(self, task: Paralinguistics, row: HeardRow, seed: int) -> Iterator[Example]:
        numbers: Counter[str] = Counter()
        for draft in task.drafts(row, Draw(seed, task.name, row.row["id"])):
            numbers[draft.kind] += 1
            example_id = f"{row.row['id']}/{task.name}/{draft.kind}/{numbers[draft.kind]}"
            example = finished(draft, Origin(example_id, task.name, row, audio=[], seed=seed))
            if example.label is not None and task.labels_of(example):
                yield example

    def _row(self, row: Row, split: str, seed: int) -> Row:
        """Return a row with the styles and the genders that another seed gives it."""
        told = row["conversation_id"], row["rendition"]
        speakers = cast(self._resolved, CastingKey(seed, *told, split))
        return {
            **row,
            "turns": [_said(turn, self._style(turn, seed, *told, place)) for place, turn in enumerate(row["turns"])],
            "speakers": [{**one, "gender": speakers[Role(one["role"])].voice.gender} for one in row["speakers"]],
        }

    def _style(self, turn: Row, seed: int, *key: str | int) -> Row:
        spoken = Turn(Role(turn["role"]), Act(turn["act"]), turn["text"])
        return style_columns(self._resolved.profiles.draw_style(spoken, seed, *key, turn["text"]))


def _said(turn: Row, style: Row) -> Row:
    """Return a turn in another style, and its rate as it would then be measured: which words for speed fit it depends
    on that."""
    rate = turn["measured"]["articulation_rate"]
    if rate is not None:
        rate *= _rate_of(style) / _rate_of(turn)
    return {**turn, **style, "measured": {**turn["measured"], "articulation_rate": rate}}


def _rate_of(said: Row) -> float:
    """Return by which factor the style of a turn changes its rate."""
    return float((said["style"] or {}).get("rate") or 1.0)


def stories(examples: Sequence[Example]) -> list[str]:
    """Return the stories that examples are about, in order."""
    return sorted({one.story_id for one in examples})
