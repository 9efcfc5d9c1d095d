"""How fast turns are said: by what is measured of them, and by what was asked of their voices.

Speed is told of turns alone in which it can be heard, and where all that is known of it points the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from askqa_builder.hearing.row_times import Row
from askqa_builder.speech.syllables import count_syllables

FEWEST_SYLLABLES = 5
"""Of a turn whose speed is told. The last syllables of a turn are drawn out, so a short one is slower than its voice:
flite's of one or two syllables by a third, of three to six by less than a tenth (benchmarks/pace.py)."""

FEWEST_POOLED = 20
"""Of a speaker's turns together: those of one voice of flite, asked for alike, differ by 7 to 9 % (standard deviation,
benchmarks/pace.py)."""

NOTICED = math.log2(1.05)
"""The just noticeable difference of tempo, as logarithm to base 2 (Quené 2007, Journal of Phonetics 35)."""

CLEAR = math.log2(1.2)
"""By how much the faster of two must be measured faster: almost four times what is just noticed, because turns of other
words differ where nobody speaks faster, flite's by 13 to 16 % (standard deviation, benchmarks/pace.py). So what was
asked for must say the same."""


def faster_by(row: Row, one: int, other: int) -> float:
    """Return how much faster a turn is said than another of its speaker, as logarithm to base 2; 0 where that is not
    sure.

    It is sure where syllables a second say so, letters a second too, as words of more sounds are heard as faster (Plug
    and Smith 2021, Journal of Phonetics 86), and the rate that the voice was asked for, where it was asked for one.
    """
    rates = _rate(row, one), _rate(row, other)
    if rates[0] is None or rates[1] is None:
        return 0.0
    measured = math.log2(rates[0] / rates[1])
    letters = measured + math.log2(_letters_each(row, one) / _letters_each(row, other))
    asked = _asked(row, one, other)
    unsure = letters * measured <= 0 or (asked is not None and asked * math.copysign(1, measured) < NOTICED)
    return 0.0 if unsure else measured


def beside(row: Row, turn: int, usual: Iterable[int]) -> float | None:
    """Return how much faster a turn is said than others together, as logarithm to base 2; None where nobody knows."""
    rate = _rate(row, turn)
    pace = pooled_rate(row, [other for other in usual if other != turn], FEWEST_SYLLABLES)
    return None if rate is None or pace is None else math.log2(rate / pace)


def pooled_rate(row: Row, turns: Sequence[int], fewest: int = FEWEST_POOLED) -> float | None:
    """Return the syllables a second of those turns of which speed is told; None of fewer syllables in all."""
    rates = {turn: rate for turn in turns if (rate := _rate(row, turn)) is not None}
    syllables = {turn: _syllables(row, turn) for turn in rates}
    total = sum(syllables.values())
    if total < fewest:
        return None
    return total / sum(syllables[turn] / rate for turn, rate in rates.items())


def _rate(row: Row, turn: int) -> float | None:
    """Return the syllables a second of a turn; None where it is too short to tell."""
    rate: float | None = (row["turns"][turn]["measured"] or {}).get("articulation_rate")
    return rate if rate and _syllables(row, turn) >= FEWEST_SYLLABLES else None


def _syllables(row: Row, turn: int) -> int:
    return count_syllables(row["turns"][turn]["spoken_text"]) or 0


def _letters_each(row: Row, turn: int) -> float:
    """Return a turn's letters for each syllable."""
    return sum(map(str.isalpha, row["turns"][turn]["spoken_text"])) / _syllables(row, turn)


def _asked(row: Row, one: int, other: int) -> float | None:
    """Return how much faster a turn was asked for than another, as logarithm to base 2; None where nothing was asked,
    or the engine was asked for an emotion, and took its own pace."""
    turns = row["turns"][one], row["turns"][other]
    if any(turn["rate"] is None or (turn["style"] or {}).get("native") for turn in turns):
        return None
    return math.log2(turns[0]["rate"] / turns[1]["rate"])
