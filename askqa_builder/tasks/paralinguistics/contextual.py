"""Forms about words and where they are said: no sound and no emotion in question or answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from askqa_builder.corpus.conversation import Act, Action, Role, Stage
from askqa_builder.hearing.row_times import Row
from askqa_builder.tasks.drawing import pick, shuffled
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, one_line, plain, tidied
from askqa_builder.tasks.paralinguistics.form import (
    C,
    Form,
    Making,
    choice,
    differs,
    quoted,
    spoken_roles,
    turn_of,
)
from askqa_builder.tasks.paralinguistics.grounds import WORDS

_NARRATOR = Role.NARRATOR.value


def said_after(row: HeardRow, turn: int, step: int) -> int | None:
    """Return the turn right after (1) or before (-1) one, where it is heard and another one of the dialogue speaks."""
    other = turn + step
    if other not in row.turns or row.role(other) in (row.role(turn), _NARRATOR) or not row.text(other):
        return None
    return other


class Neighbour(Form):
    """What is said right after, or right before, some words."""

    names = ("reply", "before")
    kind = C
    ground = WORDS

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield both of each turn that has a neighbour."""
        row = making.row
        for turn in making.owned:
            for form, step in zip(self.names, (1, -1), strict=True):
                stream, other = making.draw.stream(form, turn), said_after(row, turn, step)
                phrase = None if other is None or row.role(turn) == _NARRATOR else quoted(row, turn, stream)
                if other is None or phrase is None:
                    continue
                facts = {
                    "form": form,
                    "role": row.role(turn),
                    "other": row.role(other),
                    "phrase": phrase,
                    "ground": WORDS,
                }
                yield self.draft(making, stream, one_line(row.text(other)), other, facts)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look for the words, and beside them."""
        turn = turn_of(row, facts["phrase"])
        other = None if turn is None else said_after(row, turn, 1 if facts["form"] == "reply" else -1)
        if turn is None or other is None or (row.role(turn), row.role(other)) != (facts["role"], facts["other"]):
            return "these words have no such neighbour"
        return differs(example, one_line(row.text(other)))


class Speaker(Form):
    """Whose words some are."""

    names = ("speaker",)
    kind = C
    ground = WORDS

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each row, about a turn of a drawn speaker."""
        row, stream = making.row, making.draw.stream("speaker")
        roles = spoken_roles(row)
        theirs = {role: [turn for turn in making.owned if row.role(turn) == role] for role in roles}
        role = next((one for one in shuffled(stream, roles) if theirs[one]), None)
        if role is None or len(roles) < 2:
            return
        phrase = quoted(row, pick(stream, theirs[role]), stream)
        if phrase is not None:
            facts = {"phrase": phrase, "roles": choice(shuffled(stream, roles)), "ground": WORDS}
            yield self.draft(making, stream, role, turn_of(row, phrase), facts, label=role)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look for the words in every turn."""
        turn = turn_of(row, facts["phrase"])
        if turn is None or not all(role in facts["roles"] for role in spoken_roles(row)):
            return "nobody, or more than one, says these words, or not all speakers can be chosen"
        return differs(example, row.role(turn), row.role(turn))


class Order(Form):
    """Which of two things is said first, whoever says them."""

    names = ("order",)
    kind = C
    ground = WORDS

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each turn that a drawn earlier one can be compared with."""
        row = making.row
        for turn in making.owned:
            stream = making.draw.stream("order", turn)
            earlier = [one for one in row.turns if one < turn and row.role(one) != _NARRATOR]
            if not earlier:
                continue
            phrases = [quoted(row, one, stream) for one in (pick(stream, earlier), turn)]
            if None in phrases:
                continue
            in_order = stream.uniform() < 0.5
            a, b = phrases if in_order else reversed(phrases)
            answer = "before" if in_order else "after"
            yield self.draft(making, stream, answer, None, {"a": a, "b": b, "ground": WORDS}, label=answer)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look for both."""
        places = [turn_of(row, facts[which]) for which in ("a", "b")]
        if places[0] is None or places[1] is None or places[0] == places[1]:
            return "the two are not said in one turn each"
        expected = "before" if places[0] < places[1] else "after"
        return differs(example, expected, expected)


class AskedBefore(Form):
    """How many questions the user has asked when the assistant says something."""

    names = ("asked_before",)
    kind = C
    ground = WORDS

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each turn of the assistant."""
        row = making.row
        for turn in making.owned:
            stream = making.draw.stream("asked_before", turn)
            count = _questions_before(row.row, turn)
            if row.role(turn) != Role.ASSISTANT.value or count is None:
                continue
            phrase = quoted(row, turn, stream)
            if phrase is not None:
                facts = {"role": row.role(turn), "phrase": phrase, "ground": WORDS}
                yield self.draft(making, stream, str(count), turn, facts, label=str(count))

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Count them."""
        turn = turn_of(row, facts["phrase"])
        if turn is None or {row.role(turn), facts["role"]} != {Role.ASSISTANT.value}:
            return "the assistant says no such words"
        told = row.row["turns"][:turn]
        if any(one["act"] == Act.CLARIFICATION.value for one in told):
            return "whether a reply is one more question, nobody says"
        count = str(sum(one["act"] == Act.QUESTION.value for one in told))
        return differs(example, count, count)


class Wanted(Form):
    """What the story says to the last question, where that is clear and has an answer."""

    names = ("wanted",)
    kind = C
    ground = WORDS

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for a row that asks about its last question."""
        row, stream = making.row, making.draw.stream("wanted")
        if not _has_answer(row) or row.turns[-1] not in making.owned:
            return
        phrase = quoted(row, row.turns[-1], stream)
        if phrase is None or plain(phrase) != plain(row.text(row.turns[-1])):
            return
        response = row.row["response"]
        facts = {"phrase": phrase, "ground": WORDS}
        references = tuple(map(tidied, response["references"]))
        yield self.draft(making, stream, tidied(response["text"]), row.turns[-1], facts, references=references)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Compare it with the row's response."""
        response = row.row["response"]
        if not _has_answer(row) or plain(row.row["turns"][-1]["text"]) != plain(facts["phrase"]):
            return "it is not the row's last question, or that has no clear answer"
        if example.references != [*map(tidied, response["references"])]:
            return "its references are not the row's"
        return differs(example, tidied(response["text"]))


def _questions_before(row: Row, turn: int) -> int | None:
    """Count the user's questions before a turn; None where a reply before it may be one more."""
    acts = [one["act"] for one in row["turns"][:turn]]
    return None if Act.CLARIFICATION.value in acts else acts.count(Act.QUESTION.value)


def _has_answer(row: HeardRow) -> bool:
    """Tell whether the row's last turn is a clear question that the story, which is known, answers."""
    one = row.row
    clear = one["stage"] == Stage.INITIAL.value and one["response"]["action"] == Action.ANSWER.value
    turns = list(range(len(one["turns"])))
    story_is_known = row.heard.story is not None or row.turns == turns
    return bool(
        clear
        and not one["ambiguous"]
        and one["response"]["answerable"]
        and story_is_known
        and row.turns[-1:] == turns[-1:]
    )
