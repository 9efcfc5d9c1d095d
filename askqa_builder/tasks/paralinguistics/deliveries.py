"""How a turn is delivered: the style it was given, or the emotion that was asked for or recognised, and its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from askqa_builder.hearing.row_times import Row
from askqa_builder.seeds import Stream
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.paralinguistics.grounds import INTENDED, RECOGNISED, STYLE
from askqa_builder.tasks.paralinguistics.speed import NOTICED, beside
from askqa_builder.tasks.wordings import Wordings
from askqa_builder.voices.emotion import CATEGORIES
from askqa_builder.voices.style import NEUTRAL
from askqa_builder.voices.style_files import shipped_styles

TASK = "paralinguistics"

_FEWEST_RECOGNISERS = 2
_NAMEABLE = frozenset(CATEGORIES) - {"other", "unknown"}

_CLAIMS = (
    # number, what changes nothing, from which distance a listener is told of it, words for more and for less
    ("pitch", 0.0, 1.0, "higher", "lower"),
    ("pitch_range", 1.0, 0.2, "with more ups and downs", "with fewer ups and downs"),
    ("rate", 1.0, 0.05, "faster", "more slowly"),
    ("loudness", 0.0, 2.0, "louder", "more softly"),
)
"""From which on a style is said to change something: a semitone, a fifth of the pitch range and 2 dB, our own choice,
and the just noticeable difference of tempo, 5 % (Quené 2007, Journal of Phonetics 35)."""

_RATE = [name for name, *_ in _CLAIMS].index("rate")

_SAID_ALONE = {"flat": "pitch_range", "hurried": "rate", "drawn-out": "rate", "soft": "loudness", "loud": "loudness"}
"""What the words for these styles name, of all that they change: "in a louder voice" fits lively speech as well."""


@dataclass(frozen=True, order=True)
class Delivery:
    """How a turn is said. source: STYLE, INTENDED or RECOGNISED. name: of the style, or the emotion's category. claims:
    of a style, whether pitch, pitch range, rate and loudness grow (1), shrink (-1) or stay (0)."""

    source: str
    name: str
    claims: tuple[int, ...] = ()

    @property
    def is_emotion(self) -> bool:
        """Whether it is one."""
        return self.source != STYLE

    @property
    def speed(self) -> int:
        """Whether its words name a faster (1) or slower (-1) way of speaking, and nothing else; else 0."""
        others = [claim for place, claim in enumerate(self.claims) if place != _RATE]
        alone = _SAID_ALONE.get(self.name) == "rate" or not any(others)
        return self.claims[_RATE] if self.claims and alone else 0

    def differs_from(self, other: Delivery) -> bool:
        """Tell whether what is said of one would be wrong of the other, both ways; as of lively and subdued speech, but
        not of subdued and soft speech, where the first is the second, too, nor of lively and loud speech."""
        if self.is_emotion and other.is_emotion:
            return self.name != other.name
        if self.is_emotion or other.is_emotion:
            style, emotion = (other, self) if self.is_emotion else (self, other)
            return not any(style.claims) and emotion.name != NEUTRAL
        return not self._holds_of(other) and not other._holds_of(self)

    def _holds_of(self, other: Delivery) -> bool:
        if not any(self.claims):
            return not any(other.claims)
        named = _SAID_ALONE.get(self.name)
        said = (
            (column, own, others) for (column, *_), own, others in zip(_CLAIMS, self.claims, other.claims, strict=True)
        )
        return all(own in (0, others) for column, own, others in said if named in (None, column))


def delivery_of(row: Row, turn: int) -> Delivery | None:
    """Return how a turn is said; None where nobody vouches for it.

    The engine was asked for an emotion, a processor gave the turn a style, or recognisers agree, in this order.
    """
    of = row["turns"][turn]
    style, emotion = of["style"] or {}, of["emotion"] or {}
    if style.get("native"):
        category = (emotion.get("intended") or {}).get("category")
        return Delivery(INTENDED, category) if category in _NAMEABLE else None
    if style.get("name") is not None:
        return Delivery(STYLE, style["name"], _claims(style))
    category = (emotion.get("recognised") or {}).get("category")
    if category in _NAMEABLE and _agreed(row, turn, category):
        return Delivery(RECOGNISED, category)
    return None


def stands_out(row: HeardRow, turn: int) -> Delivery | None:
    """Return how a turn is said where a listener can tell: a style shows beside the speaker's usual way alone, which
    another turn has to be said in, and speed where it is measured, too."""
    found = delivery_of(row.row, turn)
    if found is None or found.is_emotion:
        return found
    others = [other for other in row.turns_of(row.role(turn)) if other != turn]
    return found if usual_of(row, others) and has_speed(row, turn, found.speed) else None


def usual_of(row: HeardRow, turns: Sequence[int]) -> list[int]:
    """Return those of some turns that are said in their speaker's usual way, as far as styles go."""
    found = ((turn, delivery_of(row.row, turn)) for turn in turns)
    return [turn for turn, one in found if one is not None and not one.is_emotion and not any(one.claims)]


def has_speed(row: HeardRow, turn: int, speed: int) -> bool:
    """Tell whether a turn is measured as faster (1) or slower (-1) than its speaker's usual turns; True of 0."""
    distance = _speed_of(row, turn) if speed else None
    return not speed or (distance is not None and distance * speed >= NOTICED)


def lacks_speed(row: HeardRow, turn: int, speed: int) -> bool:
    """Tell whether a turn is measured as not faster (1) or not slower (-1) than those; True of 0."""
    distance = _speed_of(row, turn) if speed else None
    return not speed or (distance is not None and distance * speed < NOTICED)


def is_wrong(row: HeardRow, turn: int, other: Delivery) -> bool:
    """Tell whether what is said of a delivery is surely wrong of a turn."""
    own = delivery_of(row.row, turn)
    return own is not None and other.differs_from(own) and lacks_speed(row, turn, other.speed)


def is_otherwise(row: HeardRow, turn: int, other: Delivery) -> bool:
    """Tell whether a turn is said otherwise than one of a certain delivery: as `is_wrong`, but it may be too short to
    tell its speed, which nobody asks about."""
    own = delivery_of(row.row, turn)
    differs = own is not None and other.differs_from(own)
    return differs and not (other.speed and has_speed(row, turn, other.speed))


def _speed_of(row: HeardRow, turn: int) -> float | None:
    return beside(row.row, turn, usual_of(row, row.turns_of(row.role(turn))))


class Deliveries:
    """Words for deliveries."""

    def __init__(self, wordings: Wordings) -> None:
        self._wordings = wordings

    def say(self, delivery: Delivery, stream: Stream) -> str | None:
        """Return words for a delivery; None where there are none."""
        if self._is_worded(delivery):
            return self._wordings.say(TASK, _wording(delivery), stream)
        return _by_numbers(delivery)

    def says(self, delivery: Delivery, text: str) -> bool:
        """Tell whether a text is words for a delivery."""
        if self._is_worded(delivery):
            return self._wordings.says(TASK, _wording(delivery), text)
        return text == _by_numbers(delivery)

    def misses(self, row: HeardRow, turn: int, text: str) -> bool:
        """Tell whether a text is words for a delivery, and surely wrong of a turn."""
        named = [one for one in self._sayable(row) if self.says(one, text)]
        return bool(named) and all(is_wrong(row, turn, one) for one in named)

    def _sayable(self, row: HeardRow) -> Iterator[Delivery]:
        """Yield what can be said of a turn: the styles of the row and, of other names, those that are shipped, all that
        numbers can say, and emotions."""
        own = {one.name: one for turn in row.turns if (one := delivery_of(row.row, turn)) and not one.is_emotion}
        yield from {**_shipped(), **own}.values()
        yield from (Delivery(STYLE, "", claims) for claims in product((-1, 0, 1), repeat=len(_CLAIMS)))
        yield from (Delivery(INTENDED, category) for category in sorted(_NAMEABLE))

    def _is_worded(self, delivery: Delivery) -> bool:
        return _wording(delivery) in self._wordings.table[TASK]


@cache
def _shipped() -> dict[str, Delivery]:
    styles = shipped_styles().items()
    return {name: Delivery(STYLE, name, _claims(style.to_json())) for name, style in styles}


def _wording(delivery: Delivery) -> str:
    return f"{'emotion' if delivery.is_emotion else 'style'}_{delivery.name}"


def _by_numbers(delivery: Delivery) -> str | None:
    """Say what a style of a user's own changes; None where that is nothing that is heard, and of an emotion."""
    if delivery.is_emotion:
        return None
    claims = zip(delivery.claims, _CLAIMS, strict=True)
    said = [(more if sign > 0 else less) for sign, (*_, more, less) in claims if sign]
    # no commas, which part the options of a question
    return f"{' and '.join(said)} than usual" if said else None


def _claims(style: Mapping[str, Any]) -> tuple[int, ...]:
    found = []
    for name, nothing, least, *_ in _CLAIMS:
        distance = (nothing if style[name] is None else style[name]) - nothing
        found.append(0 if abs(distance) < least - 1e-9 else 1 if distance > 0 else -1)
    return tuple(found)


def _agreed(row: Row, turn: int, category: str) -> bool:
    """Tell whether enough recognisers named a category in one window of a turn that the filters have kept."""
    return any(
        len({vote["recogniser"] for vote in window["votes"] if vote["category"] == category}) >= _FEWEST_RECOGNISERS
        for window in row["affect"] or ()
        if window["turn"] == turn and window["kept"] and window["category"] == category
    )
