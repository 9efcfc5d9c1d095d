"""From a row to its examples, each checked against it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from askqa_builder.hearing.clip_files import AudioFile, ClipFiles
from askqa_builder.hearing.heard import Heard
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.row_times import Row
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.selection import Group, Selection
from askqa_builder.tasks.task import Draw, Task
from askqa_builder.tasks.task_errors import task_errors


@dataclass(frozen=True)
class OfRow:
    """What is made of a row. kept: its examples; refused: those that their task's own check refuses, and why."""

    heard: Heard
    kept: list[Example]
    refused: list[tuple[Example, str]]


class Maker:
    """Makes the examples of rows that have been surveyed. clips: where their sounds are written."""

    def __init__(self, tasks: Sequence[Task], selection: Selection, clips: ClipFiles) -> None:
        self._tasks = tasks
        self._selection = selection
        self._clips = clips

    def draws(self, row: Row, split: str) -> Iterator[tuple[Group, int]]:
        """Yield the group and the draw of each example of a row that is not refused, before any is thinned out."""
        one = HeardRow(row, hear(row, self._selection.options.hearing), split)
        for task, example in self._examples(one):
            if _fault(task, example, one) is None:
                yield self._selection.group(task.name, example.action), self._selection.draw(example.id)

    def of_row(self, row: Row, split: str) -> OfRow:
        """Return the examples of a row, as far as they are not thinned out.

        Raises AskqaError where a task fails, with its name and the row.
        """
        one = HeardRow(row, hear(row, self._selection.options.hearing), split)
        made = OfRow(one.heard, [], [])
        for task, example in self._examples(one):
            if self._selection.keeps_example(example.id, task.name, example.action, split):
                fault = _fault(task, example, one)
                if fault is None:
                    made.kept.append(example)
                else:
                    made.refused.append((example, fault))
        return made

    def _examples(self, row: HeardRow) -> Iterator[tuple[Task, Example]]:
        if not self._selection.keeps_row(row.row, row.split):
            return
        audio = self._clips.planned(row.row, row.heard, row.split)
        seed, contrast_id = self._selection.options.seed, self._selection.survey.contrast_of(row.row)
        for task in self._tasks:
            if not self._selection.keeps_task(task.name, row.row, row.split):
                continue
            numbers: Counter[str] = Counter()
            with task_errors(task.name, row.row["id"]):
                drafts = list(task.drafts(row, Draw(seed, task.name, row.row["id"])))
            for draft in drafts:
                if not self._selection.options.makes(task.name, draft.kind):
                    continue
                numbers[draft.kind] += 1
                number = f"/{numbers[draft.kind]}" if numbers[draft.kind] > 1 else ""
                example_id = f"{row.row['id']}/{task.name}/{draft.kind}{number}"
                yield task, finished(task.tagged(draft), Origin(example_id, task.name, row, audio, seed, contrast_id))


def _fault(task: Task, example: Example, row: HeardRow) -> str | None:
    with task_errors(task.name, row.row["id"]):
        return task.fault(example, row)


@dataclass(frozen=True)
class Origin:
    """Where an example comes from. audio: the files of what is heard; contrast_id: of its row's pair of contrast."""

    example_id: str
    task: str
    row: HeardRow
    audio: Sequence[AudioFile]
    seed: int
    contrast_id: str | None = None


def finished(draft: Draft, origin: Origin) -> Example:
    """Return a draft with what its row and its set say."""
    one = origin.row.row
    return Example(
        id=origin.example_id,
        task=origin.task,
        kind=draft.kind,
        row_id=one["id"],
        conversation_id=one["conversation_id"],
        story_id=one["story_id"],
        turn=draft.turn,
        seed=origin.seed,
        audio=[vars(file) for file in origin.audio],
        story=origin.row.heard.story,
        prompt=draft.prompt,
        answer=draft.answer,
        references=list(draft.references or (draft.answer,)),
        action=draft.action,
        label=draft.label,
        statement=draft.statement,
        facts=json.dumps(draft.facts, sort_keys=True, ensure_ascii=False),
        contrast_id=origin.contrast_id,
        language=one["language"],
        license=one["license"],
        metadata=origin.row.heard.metadata,
        metadata_readable=draft.metadata_readable,
    )
