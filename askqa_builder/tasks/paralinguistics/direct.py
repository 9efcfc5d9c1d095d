"""Forms about the sound of a turn alone, without its words: its delivery, and what is measured of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

from askqa_builder.hearing.row_times import Row, turn_samples
from askqa_builder.tasks.drawing import shuffled
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.paralinguistics.deliveries import Delivery, is_wrong, stands_out
from askqa_builder.tasks.paralinguistics.form import (
    DIRECT,
    Form,
    Making,
    choice,
    differs,
    ordinal,
    spoken_roles,
    turn_at,
)
from askqa_builder.tasks.paralinguistics.grounds import MEASURED
from askqa_builder.tasks.paralinguistics.speed import CLEAR, faster_by, pooled_rate
from askqa_builder.tasks.paralinguistics.survey import Tag, shuffled_pair

_MOST_OPTIONS = 4

_SHORTEST = 0.6
"""Seconds of a turn that is compared: what is measured of a shorter one says little."""


@dataclass(frozen=True)
class Axis:
    """What of turns is compared. name: of the wordings; column: of `turns.measured`; margin: by how much two turns must
    differ. logarithmic: the margin is of the logarithm to base 2, 12 times of it for semitones."""

    name: str
    column: str
    margin: float
    logarithmic: float = 0.0

    def distance(self, one: float, other: float) -> float:
        """Return how far one lies above the other, in units of the margin."""
        if self.logarithmic:
            return self.logarithmic * math.log2(one / other) / self.margin if min(one, other) > 0 else 0.0
        return (one - other) / self.margin


AXES = (
    Axis("faster", "articulation_rate", CLEAR, 1.0),
    # three times that of level, about 1 dB
    Axis("louder", "energy", 3.0),
    # a few semitones: smaller differences are heard in running speech, but seldom count ('t Hart 1981, JASA 69)
    Axis("higher", "f0_mean", 2.0, 12.0),
    Axis("livelier", "f0_range", 4.0),
)


class HowDelivered(Form):
    """How a turn is delivered, among the ways in which turns of this sort are."""

    names = ("delivery",)
    kind = DIRECT
    readable = True

    def tags(self, row: HeardRow, turn: int) -> Iterator[Tag]:
        """Count each delivery that stands out among turns of its role and act."""
        delivery = stands_out(row, turn)
        if delivery is not None:
            yield (self.names[0], row.split, row.role(turn)), delivery

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each turn that stands out."""
        row = making.row
        for turn in making.owned:
            delivery, place, stream = stands_out(row, turn), ordinal(row, turn), making.draw.stream("delivery", turn)
            if delivery is None or place is None:
                continue
            there = making.survey.values((self.names[0], row.split, row.role(turn)))
            others = [one for one in there if isinstance(one, Delivery) and is_wrong(row, turn, one)]
            others = shuffled(stream, others)[: _MOST_OPTIONS - 1]
            words = {one.name: self.deliveries.say(one, stream) for one in [delivery, *others]}
            said = [text for text in shuffled(stream, list(words.values())) if text is not None]
            answer = words[delivery.name]
            if answer is None or len(set(said)) < max(2, len(words)):
                continue
            facts = {"role": row.role(turn), "ordinal": place, "options": choice(said), "each": said}
            facts["ground"] = delivery.source
            yield self.draft(making, stream, answer, turn, facts, label=delivery.name)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Count to the turn, and compare the answer with its delivery."""
        turn = turn_at(row, facts["role"], facts["ordinal"])
        delivery = None if turn is None else stands_out(row, turn)
        if turn is None or delivery is None or delivery.source != facts["ground"]:
            return "nobody says how that turn is said"
        said = facts["each"]
        if len(said) < 2 or choice(said) != facts["options"] or said.count(example.answer) != 1:
            return f"the answer is {example.answer!r}, which is not one of {facts['options']!r}"
        if not self.deliveries.says(delivery, example.answer):
            return f"the answer is {example.answer!r}, and the turn is {delivery.name}"
        if unsure := [one for one in said if one != example.answer and not self.deliveries.misses(row, turn, one)]:
            return f"{unsure[0]!r} may be right of the turn, too"
        return differs(example, example.answer, delivery.name)


class Compared(Form):
    """Which of two turns of one speaker is faster, louder, higher or livelier, by what is measured."""

    names = tuple(axis.name for axis in AXES)
    kind = DIRECT
    ground = MEASURED
    readable = True

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each two turns that differ, about what they differ most in."""
        row = making.row
        for role in spoken_roles(row):
            for early, late in combinations(row.turns_of(role), 2):
                if late in making.owned:
                    yield from self._of(making, early, late)

    def _of(self, making: Making, early: int, late: int) -> Iterator[Draft]:
        row, stream = making.row, making.draw.stream("compared", early, late)
        distances = {axis: _distance(row.row, axis, early, late) for axis in AXES}
        axis, distance = max(distances.items(), key=lambda found: abs(found[1]))
        if abs(distance) < 1.0:
            return
        (first, second), _ = shuffled_pair(stream, str(early), str(late))
        places = {which: ordinal(row, int(turn)) for which, turn in (("first", first), ("second", second))}
        if None in places.values():
            return
        answer = "A" if int(first) == (early if distance > 0 else late) else "B"
        facts = {"form": axis.name, "role": row.role(late), **places, "ground": MEASURED}
        yield self.draft(making, stream, answer, None, facts, label=answer)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Count to both turns, and compare them."""
        turns = [turn_at(row, facts["role"], facts[which]) for which in ("first", "second")]
        axis = next(axis for axis in AXES if axis.name == facts["form"])
        if turns[0] is None or turns[1] is None:
            return "one of the two turns is not heard"
        distance = _distance(row.row, axis, turns[0], turns[1])
        if abs(distance) < 1.0:
            return f"what is measured of the two differs by {abs(distance):.2f} of what makes it sure"
        expected = "A" if distance > 0 else "B"
        return differs(example, expected, expected)


class Foremost(Form):
    """Who speaks fastest, or has the highest voice, by what is measured of the speakers."""

    names = ("fastest", "highest")
    kind = DIRECT
    ground = MEASURED
    readable = True

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield both where the row asks about its first turn."""
        row = making.row
        if not row.turns or row.turns[0] not in making.owned:
            return
        for form in self.names:
            found, stream = _foremost(row, form), making.draw.stream("foremost", form)
            if found is not None:
                roles = [role for _, role in _figures(row, form)]
                facts = {"form": form, "roles": choice(shuffled(stream, roles)), "ground": MEASURED}
                yield self.draft(making, stream, found, None, facts, label=found)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look for the highest figure."""
        figures = sorted(_figures(row, facts["form"]), reverse=True)
        if len(figures) < 2 or not _is_clear(figures[0][0], figures[1][0], facts["form"]):
            return "no speaker is ahead of all others"
        if facts["roles"] not in map(choice, permutations(role for _, role in figures)):
            return "those whom it asks about are not those of whom it is known"
        return differs(example, figures[0][1], figures[0][1])


def _distance(row: Row, axis: Axis, one: int, other: int) -> float:
    """Return how far a turn lies above another, in units of the margin; 0 where that cannot be said."""
    if axis.name == "faster":
        return faster_by(row, one, other) / axis.margin
    values = []
    for turn in (one, other):
        start, end = turn_samples(row, turn)
        value = (row["turns"][turn]["measured"] or {}).get(axis.column)
        if value is None or end - start < _SHORTEST * row["sampling_rate"]:
            return 0.0
        values.append(value)
    return axis.distance(*values)


def _figures(row: HeardRow, form: str) -> list[tuple[float, str]]:
    """Return what is measured of each speaker who is heard, and of whom it is known."""
    roles = spoken_roles(row)
    known = (_f0(row, role) if form == "highest" else pooled_rate(row.row, row.turns_of(role)) for role in roles)
    return [(figure, role) for figure, role in zip(known, roles, strict=True) if figure]


def _f0(row: HeardRow, role: str) -> float | None:
    speaker = next((one for one in row.row["speakers"] if one["role"] == role), None)
    return (speaker["measured"] or {}).get("f0") if speaker is not None else None


def _foremost(row: HeardRow, form: str) -> str | None:
    figures = {role: figure for figure, role in _figures(row, form)}
    if len(figures) < 2:
        return None
    role = max(figures, key=lambda one: figures[one])
    clear = all(_is_clear(figures[role], figure, form) for other, figure in figures.items() if other != role)
    return role if clear else None


def _is_clear(figure: float, other: float, form: str) -> bool:
    axis = AXES[0] if form == "fastest" else AXES[2]
    return axis.distance(figure, other) >= 1.0
