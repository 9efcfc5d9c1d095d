"""Kinds that ask for words: of all, of a turn, of the last question; as they are written, if they are spoken at all."""

from __future__ import annotations

from askqa_builder.corpus.conversation import Act, Role
from askqa_builder.seeds import Stream
from askqa_builder.tasks.drawing import pick
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.listening.kind import Say, differs
from askqa_builder.tasks.task import facts_of

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


class Transcript:
    """All that is heard, with speakers."""

    name = "transcript"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Ask for everything."""
        return Draft(self.name, say(stream), _dialogue(row))

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Compare it with the row's texts, speaker by speaker."""
        lines = example.answer.split("\n")
        if len(lines) != len(row.turns):
            return f"{len(lines)} lines for {len(row.turns)} turns"
        for line, turn in zip(lines, row.turns, strict=True):
            role, _, text = line.partition(": ")
            if role != row.role(turn) or text.split() != row.text(turn).split():
                return f"turn {turn} is not as it is heard"
        return None


class TurnText:
    """One turn of a role, named by its number among that role's."""

    name = "turn"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Ask for a turn of the dialogue; the story is asked for as a whole, or in stretches."""
        turns = [turn for turn in row.turns if row.role(turn) != Role.NARRATOR.value]
        turns = [turn for turn in turns if row.turns_of(row.role(turn)).index(turn) < len(ORDINALS)]
        if not turns:
            return None
        turn = pick(stream, turns)
        ordinal = ORDINALS[row.turns_of(row.role(turn)).index(turn)]
        return Draft(
            self.name,
            say(stream, role=row.role(turn), ordinal=ordinal),
            _one_line(row.text(turn)),
            turn=turn,
            facts={"role": row.role(turn), "ordinal": ordinal},
        )

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Count that role's turns."""
        facts = facts_of(example)
        turns = row.turns_of(facts["role"])
        place = ORDINALS.index(facts["ordinal"])
        if place >= len(turns):
            return "the prompt names no turn that is heard"
        return differs(example, _one_line(row.text(turns[place])))


class LastQuestion:
    """The user's last question."""

    name = "last_question"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Ask for it."""
        turn = _last_question(row)
        return None if turn is None else Draft(self.name, say(stream), _one_line(row.text(turn)), turn=turn)

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Look at the last turn that is one."""
        turn = _last_question(row)
        return "there is none" if turn is None else differs(example, _one_line(row.text(turn)))


def _last_question(row: HeardRow) -> int | None:
    questions = [turn for turn in row.turns if row.row["turns"][turn]["act"] == Act.QUESTION.value]
    return questions[-1] if questions else None


def _dialogue(row: HeardRow) -> str:
    return "\n".join(f"{row.role(turn)}: {_one_line(row.text(turn))}" for turn in row.turns)


def _one_line(text: str) -> str:
    return " ".join(text.split())
