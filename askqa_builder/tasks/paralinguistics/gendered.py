"""Forms about who is a man and who a woman, alone or together with words; only where a catalogue or recordings say so.

Which voice a role has is drawn whatever is said; as there may be more voices of men than of women, questions about the
more frequent ones are left out until both are as frequent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from askqa_builder.corpus.conversation import Role
from askqa_builder.seeds import Stream
from askqa_builder.tasks.drawing import pick
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, one_line
from askqa_builder.tasks.paralinguistics.form import (
    CG,
    DIRECT,
    LETTERS,
    NO,
    YES,
    Form,
    Making,
    differs,
    ordinal,
    quoted,
    spoken_roles,
    turn_at,
    turn_of,
)
from askqa_builder.tasks.paralinguistics.grounds import TRUSTED_GENDER
from askqa_builder.tasks.paralinguistics.survey import Group, Tag, shuffled_pair

_WORDS = {"male": "man", "female": "woman"}
_MAN, _WOMAN = "man", "woman"


def gender_of(row: HeardRow, role: str) -> tuple[str, str] | None:
    """Return "man" or "woman", and who says so; None where nobody does who knows."""
    found = next((one for one in row.row["speakers"] if one["role"] == role), None)
    if found is None or found["gender"] not in _WORDS or found["metadata_source"] not in TRUSTED_GENDER:
        return None
    return _WORDS[found["gender"]], found["metadata_source"]


def _group(row: HeardRow, turn: int) -> Group:
    return "gendered", row.split, row.role(turn)


def _kept(making: Making, turn: int, gender: str, stream: Stream) -> bool:
    return making.survey.keeps(_group(making.row, turn), gender, _opposite(gender), stream)


def _opposite(gender: str) -> str:
    return _MAN if gender == _WOMAN else _WOMAN


class Gender(Form):
    """Whether a speaker is a man or a woman."""

    names = ("gender",)
    readable = True  # nearly: who knows a speaker's F0 guesses well
    kind = DIRECT

    def tags(self, row: HeardRow, turn: int) -> Iterator[Tag]:
        """Count the gender of who speaks a turn."""
        found = gender_of(row, row.role(turn))
        if found is not None:
            yield _group(row, turn), found[0]

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each speaker whose first turn the row asks about."""
        row = making.row
        for role in spoken_roles(row):
            found, first, stream = gender_of(row, role), row.turns_of(role)[0], making.draw.stream("gender", role)
            if found is not None and first in making.owned and _kept(making, first, found[0], stream):
                yield self.draft(making, stream, found[0], None, {"role": role, "ground": found[1]}, label=found[0])

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look at the speaker."""
        return _wrong(example, row, facts["role"], facts)


class ManOrWoman(Form):
    """Whether some words are a man's or a woman's, asked in two ways."""

    names = ("man_or_woman", "said_by")
    readable = True  # as in `Gender`: the words show whose they are
    kind = CG

    def labels_of(self, facts: dict[str, Any]) -> tuple[str, ...]:
        """Return those of its question."""
        return (YES, NO) if facts["form"] == "said_by" else (_MAN, _WOMAN)

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each turn."""
        row = making.row
        for turn in making.owned:
            found, stream = gender_of(row, row.role(turn)), making.draw.stream("man_or_woman", turn)
            if found is None or not _kept(making, turn, found[0], stream):
                continue
            phrase, form = quoted(row, turn, stream), pick(stream, self.names)
            if phrase is None:
                continue
            facts = {"form": form, "phrase": phrase, "ground": found[1]}
            label = found[0]
            if form == "said_by":
                facts["gender"] = found[0] if stream.uniform() < 0.5 else _opposite(found[0])
                label = YES if facts["gender"] == found[0] else NO
            yield self.draft(making, stream, label, turn, facts, label=label, statement=phrase)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look for the words, and who says them."""
        turn = turn_of(row, facts["phrase"])
        if turn is None:
            return "nobody, or more than one, says these words"
        return _wrong(example, row, row.role(turn), facts)


class WhichBy(Form):
    """Which of two things a man says, or a woman."""

    names = ("which_by",)
    readable = True  # as in `ManOrWoman`
    kind = CG

    def labels_of(self, facts: dict[str, Any]) -> tuple[str, ...]:
        """Return both letters."""
        return LETTERS

    def tags(self, row: HeardRow, turn: int) -> Iterator[Tag]:
        """Count, for a turn and each speaker before it, which of the two is the woman."""
        for role, genders in self._before(row, turn):
            yield ("which_by", row.split, role, row.role(turn)), genders

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each turn and a drawn speaker before it of the other gender."""
        row = making.row
        for turn in making.owned:
            stream = making.draw.stream("which_by", turn)
            before = list(self._before(row, turn))
            if not before:
                continue
            role, genders = pick(stream, before)
            group = ("which_by", row.split, role, row.role(turn))
            if not making.survey.keeps(group, genders, genders[::-1], stream):
                continue
            phrases = [quoted(row, one, stream) for one in (row.turns_of(role)[0], turn)]
            if phrases[0] is None or phrases[1] is None:
                continue
            wanted = 0 if stream.uniform() < 0.5 else 1
            (a, b), answer = shuffled_pair(stream, phrases[wanted] or "", phrases[1 - wanted] or "")
            ground = max(found[1] for one in (role, row.role(turn)) if (found := gender_of(row, one)))
            facts = {"a": a, "b": b, "gender": genders[wanted], "ground": ground}
            yield self.draft(making, stream, answer, None, facts, label=answer, statement=f"{a} / {b}")

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look for both, and who says each."""
        turns = [turn_of(row, facts[which]) for which in ("a", "b")]
        found = [None if turn is None else gender_of(row, row.role(turn)) for turn in turns]
        if found[0] is None or found[1] is None or found[0][0] == found[1][0]:
            return "it is not known to be a man who says one and a woman who says the other"
        if facts["ground"] not in (found[0][1], found[1][1]):
            return "its answer rests on something else"
        expected = "A" if found[0][0] == facts["gender"] else "B"
        return differs(example, expected, expected)

    def _before(self, row: HeardRow, turn: int) -> Iterator[tuple[str, tuple[str, str]]]:
        """Yield the roles that have spoken before a turn and are of the other gender, and both genders."""
        own = gender_of(row, row.role(turn))
        for role in spoken_roles(row):
            other = gender_of(row, role)
            if own is not None and other is not None and other[0] != own[0] and row.turns_of(role)[0] < turn:
                yield role, (other[0], own[0])


class OnlyOne(Form):
    """What the only man, or the only woman, says in a turn."""

    names = ("only",)
    kind = CG

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each turn of theirs."""
        row = making.row
        for turn in making.owned:
            found, place, stream = _only(row, row.role(turn)), ordinal(row, turn), making.draw.stream("only", turn)
            if found is not None and place is not None and row.text(turn):
                facts = {"gender": found[0], "ordinal": place, "ground": found[1]}
                yield self.draft(making, stream, one_line(row.text(turn)), turn, facts)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look for the one speaker, and count."""
        genders = {role: gender_of(row, role) for role in spoken_roles(row)}
        theirs = [role for role, found in genders.items() if found is not None and found[0] == facts["gender"]]
        if len(theirs) != 1 or None in genders.values():
            return f"{len(theirs)} speakers are one, or of one nobody knows"
        turn = turn_at(row, theirs[0], facts["ordinal"])
        if turn is None or gender_of(row, theirs[0]) != (facts["gender"], facts["ground"]):
            return "there is no such turn, or its answer rests on something else"
        return differs(example, one_line(row.text(turn)))


def _only(row: HeardRow, role: str) -> tuple[str, str] | None:
    """Return the gender of a speaker of the dialogue who is the only one of it; None for others."""
    genders = [gender_of(row, one) for one in spoken_roles(row)]
    own = gender_of(row, role)
    if own is None or None in genders or role == Role.NARRATOR.value or len(genders) < 2:
        return None
    return own if [one[0] for one in genders if one is not None].count(own[0]) == 1 else None


def _wrong(example: Example, row: HeardRow, role: str, facts: dict[str, Any]) -> str | None:
    found = gender_of(row, role)
    if found is None or found[1] != facts["ground"]:
        return "nobody who knows says whether that is a man or a woman"
    asked = facts.get("gender")
    expected = found[0] if asked is None else YES if asked == found[0] else NO
    return differs(example, expected, expected)
