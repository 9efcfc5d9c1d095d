"""The task: one question of each kind for each row that gives one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from askqa_builder.corpus.conversation import Role
from askqa_builder.hearing.row_times import Row
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, plain
from askqa_builder.tasks.listening.kind import Kind
from askqa_builder.tasks.listening.said import Said
from askqa_builder.tasks.listening.speakers import Speakers, Turns, Voices, Who
from askqa_builder.tasks.listening.stretch import Stretch
from askqa_builder.tasks.listening.times import Order, When
from askqa_builder.tasks.listening.transcripts import LastQuestion, Transcript, TurnText
from askqa_builder.tasks.task import Draw, Task, facts_of
from askqa_builder.tasks.wordings import Wordings


class Listening(Task):
    """Listening comprehension."""

    name = "listening"
    version = 3
    readable_kinds = frozenset({Speakers.name, Voices.name, Turns.name})  # each turn has a line, with role and F0

    def __init__(self, wordings: Wordings) -> None:
        super().__init__(wordings)
        self._said = Said()
        kinds: list[Kind] = [
            Transcript(),
            TurnText(),
            Stretch(),
            LastQuestion(),
            Who(),
            Speakers(),
            Voices(),
            Turns(),
            When(),
            Order(),
        ]
        self._kinds = {kind.name: kind for kind in [*kinds, self._said]}

    @property
    def kinds(self) -> Sequence[str]:
        """Those that it has."""
        return tuple(self._kinds)

    def survey(self, row: Row, split: str) -> None:
        """Keep words for questions about what is not said."""
        self._said.survey(row, split)

    def drafts(self, row: HeardRow, draw: Draw) -> Iterator[Draft]:
        """Yield the questions of a row."""
        for name, kind in self._kinds.items():
            draft = kind.draft(row, draw.stream(name), partial(self.say, _wording(name, row))) if row.turns else None
            if draft is not None and draft.answer:
                yield draft

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Let the kind look."""
        misworded = self.misworded(example, _wording(example.kind, row))
        return misworded or self._kinds[example.kind].fault(example, row) or _misplaced(example, row)


def _wording(kind: str, row: HeardRow) -> str:
    """Name the wordings of a kind that fit what is heard: no narrator is offered where there is none."""
    if kind == When.name and len(row.heard.clips) > 1:
        return f"{kind}_in_clips"
    names_roles = kind in (Transcript.name, Who.name, Speakers.name)
    return f"{kind}_of_dialogue" if names_roles and not row.turns_of(Role.NARRATOR.value) else kind


def _misplaced(example: Example, row: HeardRow) -> str | None:
    """Say that the words an example is about are not those of the turn that it names."""
    if example.turn is None:
        return None
    if example.turn not in row.turns:
        return f"nothing is heard of turn {example.turn}"
    words, said = plain(facts_of(example).get("phrase", example.answer)), plain(row.text(example.turn))
    whole = example.kind in (TurnText.name, LastQuestion.name)
    return None if (words == said if whole else f" {words} " in f" {said} ") else f"turn {example.turn} does not say it"
