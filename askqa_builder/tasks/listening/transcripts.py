"""Kinds that ask for words: of all, of a turn, of the last question; as they are written, if they are spoken at all."""

from __future__ import annotations

import re

from askqa_builder.corpus.conversation import Act, Role
from askqa_builder.seeds import Stream
from askqa_builder.tasks.drawing import pick
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, one_line
from askqa_builder.tasks.listening.kind import Say, differs
from askqa_builder.tasks.task import facts_of

_ASKS = re.compile(r"\b(?:who|whose|whom|what|when|where|why|how|which)\b", re.IGNORECASE)
"""A reply with such a word may ask something, mark or no mark."""

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
            one_line(row.text(turn)),
            turn=turn,
            facts={"role": row.role(turn), "ordinal": ordinal},
        )

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Count that role's turns."""
        facts = facts_of(example)
        left = ORDINALS.index(facts["ordinal"])
        for turn, (told, heard) in enumerate(zip(row.row["turns"], row.heard.characters, strict=True)):
            if told["role"] == facts["role"] and heard is not None:
                if not left:
                    return differs(example, one_line(row.text(turn)))
                left -= 1
        return "the prompt names no turn that is heard"


class LastQuestion:
    """The user's last question: also a reply to the assistant that is one ("No, what did the bug want?").

    There is none where the last reply may ask something or not.
    """

    name = "last_question"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Ask for it."""
        turn = _last_question(row)
        return None if turn is None else Draft(self.name, say(stream), one_line(row.text(turn)), turn=turn)

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Go back from the row's end to the user's first turn that asks."""
        turns = row.row["turns"]
        for turn in reversed(range(len(turns))):
            if turns[turn]["role"] != Role.USER.value or row.heard.characters[turn] is None:
                continue
            if turns[turn]["text"].rstrip("\"”'’ )\t\n").endswith("?") or turns[turn]["act"] == Act.QUESTION.value:
                return differs(example, one_line(row.text(turn)))
            if "?" in turns[turn]["text"]:
                return "a later turn asks something, and says more"
        return "there is none"


def _last_question(row: HeardRow) -> int | None:
    for turn in reversed(row.turns_of(Role.USER.value)):
        said = row.text(turn)
        if row.row["turns"][turn]["act"] == Act.QUESTION.value or said.rstrip("\"”'’ )").endswith("?"):
            return turn
        if "?" in said or _ASKS.search(said):
            return None
    return None


def _dialogue(row: HeardRow) -> str:
    return "\n".join(f"{row.role(turn)}: {one_line(row.text(turn))}" for turn in row.turns)
