"""Kinds that ask who speaks: of some words, turn by turn, and how many."""

from __future__ import annotations

from askqa_builder.corpus.conversation import Role
from askqa_builder.seeds import Stream
from askqa_builder.tasks.drawing import draw_phrase, pick
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, plain
from askqa_builder.tasks.listening.kind import Say, differs
from askqa_builder.tasks.task import facts_of


class Who:
    """Whose words some are; each role is asked for as often as it speaks at all."""

    name = "who"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Choose a speaker, then words of theirs."""
        roles = [role.value for role in Role if row.turns_of(role.value)]
        role = pick(stream, roles)
        phrase = draw_phrase(stream, row, row.turns_of(role))
        if phrase is None or len(roles) < 2:
            return None
        return Draft(
            self.name,
            say(stream, phrase=phrase.text),
            role,
            turn=phrase.turn,
            label=role,
            facts={"phrase": phrase.text},
        )

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Look for the words in every turn."""
        phrase = facts_of(example)["phrase"]
        roles = {row.role(turn) for turn in row.turns if f" {plain(phrase)} " in f" {plain(row.text(turn))} "}
        return differs(example, roles.pop()) if len(roles) == 1 else f"{len(roles)} speakers say them"


class Speakers:
    """Who speaks in each turn."""

    name = "speakers"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Ask for the order."""
        return Draft(self.name, say(stream), ", ".join(row.role(turn) for turn in row.turns))

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Compare turn by turn."""
        return differs(example, ", ".join(row.row["turns"][turn]["role"] for turn in row.turns))


class Voices:
    """How many voices there are; two roles may share one."""

    name = "voices"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Ask for the number."""
        return Draft(self.name, say(stream), str(len(_voices(row))), label=str(len(_voices(row))))

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Count them."""
        speakers = {one["role"]: one for one in row.row["speakers"]}
        turns = zip(row.row["turns"], row.heard.characters, strict=True)
        heard = [speakers[turn["role"]] for turn, characters in turns if characters is not None]
        return differs(example, str(len({f"{one['engine']} {one['model']} {one['voice']}" for one in heard})))


class Turns:
    """How many turns a role has."""

    name = "turns"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Ask for a speaker of the dialogue."""
        roles = [role.value for role in (Role.USER, Role.ASSISTANT) if row.turns_of(role.value)]
        if not roles:
            return None
        role = pick(stream, roles)
        count = str(len(row.turns_of(role)))
        return Draft(self.name, say(stream, role=role), count, label=count, facts={"role": role})

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Count them."""
        role = facts_of(example)["role"]
        count = sum(row.row["turns"][turn]["role"] == role for turn in row.turns)
        return differs(example, str(count))


def _voices(row: HeardRow) -> set[tuple[str, str, str]]:
    heard = {row.role(turn) for turn in row.turns}
    return {(one["engine"], one["model"], one["voice"]) for one in row.row["speakers"] if one["role"] in heard}
