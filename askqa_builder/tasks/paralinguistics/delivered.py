"""Forms about words together with how they are said.

Which delivery a turn has is drawn whatever its words are, and what could be said in its place is offered as often as it
is right, so the words give nothing away; of emotions that recognisers find, words may.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from askqa_builder.corpus.conversation import Role
from askqa_builder.seeds import Stream
from askqa_builder.tasks.drawing import pick
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, one_line
from askqa_builder.tasks.paralinguistics.contextual import said_after
from askqa_builder.tasks.paralinguistics.deliveries import (
    Delivery,
    delivery_of,
    has_speed,
    is_otherwise,
    is_wrong,
    lacks_speed,
    stands_out,
    usual_of,
)
from askqa_builder.tasks.paralinguistics.form import (
    CE,
    LETTERS,
    NO,
    YES,
    Form,
    Making,
    differs,
    quoted,
    spoken_roles,
    turn_of,
)
from askqa_builder.tasks.paralinguistics.survey import Group, Tag, shuffled_pair

_ANY_SPEED = "0"


def _group(row: HeardRow, turn: int) -> Group:
    """Return the turns whose deliveries are drawn alike: of one role, one act and one label of the words."""
    of = row.row["turns"][turn]
    label = (of["style"] or {}).get("text_label") or ""
    return "delivered", row.split, of["role"], of["act"], label


class _OfOneTurn(Form):
    """What the forms about one turn share: another delivery that it could have had as well."""

    kind = CE

    def other(self, making: Making, turn: int, delivery: Delivery, stream: Stream) -> Delivery | None:
        """Draw a delivery in the place of the turn's own; None where a question would not be balanced, or not clear."""
        group = _group(making.row, turn)
        there = making.survey.values((*group, _ANY_SPEED))
        others = [one for one in there if one != delivery and isinstance(one, Delivery)]
        if not others:
            return None
        other = pick(stream, others)
        if not is_wrong(making.row, turn, other):
            return None
        # who can be told from the faster or slower ones are fewer: they alone count against them
        faster_or_slower = min(filter(None, (delivery.speed, other.speed)), default=0)
        kept = making.survey.keeps((*group, str(faster_or_slower)), delivery, other, stream)
        return other if kept else None


class HowSaid(_OfOneTurn):
    """In which of two ways some words are said; of every second turn, the others are asked about by `IsSaid`."""

    names = ("how",)
    readable = True  # the labels tell in which ways the speaker speaks, and there are few turns

    def labels_of(self, facts: dict[str, Any]) -> tuple[str, ...]:
        """Return both letters."""
        return LETTERS

    def tags(self, row: HeardRow, turn: int) -> Iterator[Tag]:
        """Count each delivery that stands out, and again beside the faster and the slower ones, if it can be told from
        them."""
        delivery, group = stands_out(row, turn), _group(row, turn)
        if delivery is None:
            return
        for speed in (0, 1, -1):
            if speed == delivery.speed or lacks_speed(row, turn, speed):
                yield (*group, str(speed)), delivery

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each turn that stands out."""
        for turn in making.owned:
            delivery, stream = stands_out(making.row, turn), making.draw.stream("said", turn)
            if delivery is None or stream.uniform() < 0.5:
                continue
            other = self.other(making, turn, delivery, stream)
            phrase = quoted(making.row, turn, stream)
            words = [None if one is None else self.deliveries.say(one, stream) for one in (delivery, other)]
            if phrase is None or words[0] is None or words[1] is None:
                continue
            (a, b), answer = shuffled_pair(stream, words[0], words[1])
            facts = {"role": making.row.role(turn), "phrase": phrase, "a": a, "b": b, "ground": delivery.source}
            yield self.draft(making, stream, answer, turn, facts, label=answer, statement=phrase)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look for the words, and how they are said."""
        turn = turn_of(row, facts["phrase"])
        delivery = None if turn is None or row.role(turn) != facts["role"] else stands_out(row, turn)
        if turn is None or delivery is None or delivery.source != facts["ground"]:
            return "nobody says how these words are said"
        fitting = [letter for letter in LETTERS if not self.deliveries.misses(row, turn, facts[letter.lower()])]
        if len(fitting) != 1 or not self.deliveries.says(delivery, facts[fitting[0].lower()]):
            return f"{len(fitting)} of the two may be right, or neither surely is"
        return differs(example, fitting[0], fitting[0])


class IsSaid(_OfOneTurn):
    """Whether some words are said in a certain way."""

    names = ("is",)
    readable = True  # as in `HowSaid`

    def labels_of(self, facts: dict[str, Any]) -> tuple[str, ...]:
        """Return yes and no."""
        return YES, NO

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each turn that stands out, with its own delivery or another."""
        for turn in making.owned:
            delivery, stream = stands_out(making.row, turn), making.draw.stream("said", turn)
            if delivery is None or stream.uniform() >= 0.5:
                continue
            other = self.other(making, turn, delivery, stream)
            phrase = quoted(making.row, turn, stream)
            right = stream.uniform() < 0.5
            words = None if other is None else self.deliveries.say(delivery if right else other, stream)
            if phrase is None or words is None:
                continue
            answer = YES if right else NO
            facts = {"role": making.row.role(turn), "phrase": phrase, "delivery": words, "ground": delivery.source}
            yield self.draft(making, stream, answer, turn, facts, label=answer, statement=phrase)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look for the words, and how they are said."""
        turn = turn_of(row, facts["phrase"])
        delivery = None if turn is None or row.role(turn) != facts["role"] else stands_out(row, turn)
        if turn is None or delivery is None or delivery.source != facts["ground"]:
            return "nobody says how these words are said"
        if self.deliveries.says(delivery, facts["delivery"]):
            return differs(example, YES, YES)
        if not self.deliveries.misses(row, turn, facts["delivery"]):
            return f"{facts['delivery']!r} may be right of the turn, or says nothing of how it is spoken"
        return differs(example, NO, NO)


class WhichSaid(Form):
    """Which of two things of one speaker is said in a certain way."""

    names = ("which",)
    kind = CE

    def labels_of(self, facts: dict[str, Any]) -> tuple[str, ...]:
        """Return both letters."""
        return LETTERS

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield one for each two turns of a role and act that differ; the later one is the row's own."""
        row = making.row
        for role in spoken_roles(row):
            for early, late in combinations(row.turns_of(role), 2):
                if late in making.owned and _group(row, early) == _group(row, late):
                    yield from self._of(making, early, late)

    def _of(self, making: Making, early: int, late: int) -> Iterator[Draft]:
        row, stream = making.row, making.draw.stream("which", early, late)
        found = [_told_beside(row, turn, other) for turn, other in ((early, late), (late, early))]
        if None in found:
            return
        wanted = 0 if stream.uniform() < 0.5 else 1
        phrases = [quoted(row, turn, stream) for turn in (early, late)]
        delivery = found[wanted]
        words = None if delivery is None else self.deliveries.say(delivery, stream)
        if delivery is None or words is None or phrases[0] is None or phrases[1] is None:
            return
        (a, b), answer = shuffled_pair(stream, phrases[wanted] or "", phrases[1 - wanted] or "")
        facts = {"role": row.role(late), "a": a, "b": b, "delivery": words, "ground": delivery.source}
        yield self.draft(making, stream, answer, None, facts, label=answer, statement=f"{a} / {b}")

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Look for both, and how each is said."""
        turns = [turn for letter in LETTERS if (turn := turn_of(row, facts[letter.lower()])) is not None]
        if len(turns) != len(LETTERS) or {*map(row.role, turns)} != {facts["role"]}:
            return "one of the two is not said by them in one turn"
        for letter, turn, other in zip(LETTERS, turns, reversed(turns), strict=True):
            found = _told_beside(row, turn, other)
            if found is not None and self.deliveries.says(found, facts["delivery"]):
                if found.source != facts["ground"]:
                    return "its answer rests on something else"
                return differs(example, letter, letter)
        return "neither is surely said so"


class WordsSaid(Form):
    """What a speaker says in the one turn that is said in a certain way, or what is said right after it."""

    names = ("what", "then")
    kind = CE

    def drafts(self, making: Making) -> Iterator[Draft]:
        """Yield both for each turn of which there is only one such."""
        row = making.row
        for turn in making.owned:
            delivery = _alone(row, turn)
            for form in self.names if delivery is not None else ():
                stream, answering = making.draw.stream(form, turn), turn if form == "what" else said_after(row, turn, 1)
                words = None if delivery is None else self.deliveries.say(delivery, stream)
                if delivery is None or words is None or answering is None:
                    continue
                facts = {"form": form, "role": row.role(turn), "delivery": words, "ground": delivery.source}
                if form == "then":
                    facts["other"] = row.role(answering)
                yield self.draft(making, stream, one_line(row.text(answering)), answering, facts)

    def fault(self, example: Example, row: HeardRow, facts: dict[str, Any]) -> str | None:
        """Go through the role's turns for the one that is said so."""
        deliveries = {turn: delivery_of(row.row, turn) for turn in row.turns_of(facts["role"])}
        fitting = [turn for turn, one in deliveries.items() if one and self.deliveries.says(one, facts["delivery"])]
        if len(fitting) != 1 or _alone(row, fitting[0]) is None:
            return f"{len(fitting)} turns are said so, or others may be"
        if deliveries[fitting[0]].source != facts["ground"]:  # type: ignore[union-attr]  # it fits, so there is one
            return "its answer rests on something else"
        answering = fitting[0] if facts["form"] == "what" else said_after(row, fitting[0], 1)
        if answering is None or facts.get("other") not in (None, row.role(answering)):
            return "nobody replies to it, or somebody else"
        return differs(example, one_line(row.text(answering)))


def _told_beside(row: HeardRow, turn: int, other: int) -> Delivery | None:
    """Return how a turn is said, where that is heard, and another turn of its speaker is said otherwise."""
    found, usual = delivery_of(row.row, turn), usual_of(row, row.turns_of(row.role(turn)))
    if found is None or not (found.is_emotion or usual) or not has_speed(row, turn, found.speed):
        return None
    return found if is_otherwise(row, other, found) else None


def _alone(row: HeardRow, turn: int) -> Delivery | None:
    """Return the delivery of a turn, where all other turns of its speaker are known to be said otherwise."""
    if row.role(turn) == Role.NARRATOR.value or not row.text(turn):
        return None
    found = stands_out(row, turn)
    others = [other for other in row.turns_of(row.role(turn)) if other != turn]
    alone = found is not None and bool(others) and all(is_otherwise(row, other, found) for other in others)
    return found if alone else None
