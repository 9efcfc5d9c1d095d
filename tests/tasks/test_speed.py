"""When one turn is said faster than another: by syllables, where sounds and what was asked agree."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from styled import STYLES

from askqa_builder.speech.syllables import count_syllables
from askqa_builder.tasks.paralinguistics.speed import CLEAR, beside, faster_by, pooled_rate

SIX = "The old man is at home."
ELEVEN = "Unfortunately nobody answered her."
SHORT = "Yes, he was."
DENSE = "Strength stretched straight through all."  # as many syllables, twice as many letters


def turn(text: str, rate: float | None, asked: float | None = None, *, native: bool = False) -> dict[str, Any]:
    return {
        "role": "user",
        "spoken_text": text,
        "rate": asked,
        "measured": {"articulation_rate": rate},
        "style": {"name": "neutral", "native": native, **STYLES["neutral"]},
    }


def told(*turns: dict[str, Any]) -> float:
    return faster_by({"turns": list(turns)}, 0, 1)


def test_speed_is_in_syllables_whatever_the_words() -> None:
    assert (count_syllables(SIX), count_syllables(ELEVEN), count_syllables(SHORT)) == (6, 11, 3)
    assert told(turn(ELEVEN, 5.0), turn(SIX, 4.0)) == pytest.approx(math.log2(1.25))
    assert told(turn(ELEVEN, 4.0), turn(SIX, 4.0)) == 0  # which is three words a second against four


@pytest.mark.parametrize("unknown", [turn(SHORT, 8.0), turn(SIX, None), turn("Born 1986 in a tiny village.", 8.0)])
def test_of_short_or_unmeasured_turns_nothing_is_told(unknown: dict[str, Any]) -> None:
    assert told(unknown, turn(SIX, 4.0)) == 0
    assert beside({"turns": [unknown, turn(SIX, 4.0)]}, 0, [1]) is None
    assert beside({"turns": [turn(SIX, 4.0), unknown]}, 0, [1]) is None


def test_words_of_more_sounds_must_not_say_otherwise() -> None:
    assert count_syllables(DENSE) == 5
    assert told(turn(SIX, 5.0), turn(DENSE, 4.0)) == 0  # more syllables a second, and fewer sounds
    assert told(turn(DENSE, 5.0), turn(SIX, 4.0)) >= CLEAR


@pytest.mark.parametrize(
    ("asked", "native", "sure"),
    [
        ((1.2, 1.0), False, True),
        ((1.06, 1.0), False, True),
        ((1.03, 1.0), False, False),
        ((1.0, 1.0), False, False),
        ((0.9, 1.0), False, False),
        ((None, 1.0), False, True),
        ((1.0, 1.0), True, True),
    ],
    ids=["asked", "noticed", "hardly", "alike", "otherwise", "unknown", "an emotion"],
)
def test_what_was_asked_must_agree(asked: tuple[float | None, float], native: bool, sure: bool) -> None:
    assert bool(told(turn(ELEVEN, 5.0, asked[0], native=native), turn(SIX, 4.0, asked[1]))) is sure


turns = st.builds(
    turn,
    st.sampled_from((SIX, ELEVEN, SHORT, DENSE)),
    st.none() | st.floats(1, 12),
    st.none() | st.floats(0.5, 2.0),
    native=st.booleans(),
)


@given(turns, turns)
def test_one_is_faster_where_the_other_is_slower(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert told(one, other) == pytest.approx(-told(other, one))
    assert told(one, one) == 0


@given(st.lists(turns, max_size=6))
def test_the_pace_of_turns_together_is_between_theirs(many: list[dict[str, Any]]) -> None:
    row = {"turns": many}
    known = [one for one in many if one["measured"]["articulation_rate"] and one["spoken_text"] != SHORT]
    rates = [one["measured"]["articulation_rate"] for one in known]
    pooled = pooled_rate(row, range(len(many)))
    assert (pooled is None) is (sum(count_syllables(one["spoken_text"]) or 0 for one in known) < 20)
    assert pooled is None or min(rates) * (1 - 1e-9) <= pooled <= max(rates) * (1 + 1e-9)
