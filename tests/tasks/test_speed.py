"""When one turn is said faster than another, or than usual: by syllables, where sounds and what was asked agree."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from styled import STYLES

from askqa_builder.speech.syllables import count_syllables
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.paralinguistics.deliveries import Delivery, delivery_of, is_otherwise, is_wrong, stands_out
from askqa_builder.tasks.paralinguistics.speed import CLEAR, beside, faster_by, pooled_rate
from askqa_builder.voices.style_files import shipped_styles

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


def heard(*said: tuple[str, str, float]) -> HeardRow:
    """A row of turns with their styles, texts and rates."""
    row = {"turns": [turn(text, rate) | {"style": styled(name), "emotion": None} for name, text, rate in said]}
    return HeardRow(row, SimpleNamespace(characters=[(0, 1)] * len(said)), "train")


def styled(name: str) -> dict[str, Any]:
    return {**shipped_styles()[name].to_json(), "name": name, "native": False}


def delivery(name: str) -> Delivery:
    found = delivery_of({"turns": [{"style": styled(name), "emotion": None}]}, 0)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "text", "rate", "told"),
    [
        ("hurried", ELEVEN, 5.0, True),
        ("hurried", ELEVEN, 4.1, False),
        ("hurried", ELEVEN, 3.5, False),
        ("hurried", SHORT, 5.0, False),
        ("drawn-out", ELEVEN, 3.5, True),
        ("drawn-out", ELEVEN, 5.0, False),
        ("lively", SHORT, 3.0, True),
        ("lively", ELEVEN, 3.0, True),
    ],
)
def test_a_turn_whose_words_name_speed_alone_must_be_measured_so(name: str, text: str, rate: float, told: bool) -> None:
    """Beside the usual turns of its speaker; other styles are heard in more than their speed."""
    row = heard(("neutral", SIX, 4.0), (name, text, rate), ("neutral", SHORT, 1.0))
    assert (stands_out(row, 1) is not None) is told
    assert stands_out(heard(("neutral", SHORT, 4.0), (name, text, rate)), 1) is None or name == "lively"


@pytest.mark.parametrize(
    ("text", "rate", "wrong", "otherwise"),
    [(ELEVEN, 4.0, True, True), (ELEVEN, 3.0, True, True), (ELEVEN, 5.0, False, False), (SHORT, 4.0, False, True)],
    ids=["as usual", "slower", "as fast", "too short"],
)
def test_faster_is_wrong_of_a_turn_that_is_not_so(text: str, rate: float, wrong: bool, otherwise: bool) -> None:
    """Of a short one nobody asks; that another one is the hurried one is true nevertheless."""
    row = heard(("neutral", SIX, 4.0), ("neutral", text, rate))
    assert is_wrong(row, 1, delivery("hurried")) is wrong
    assert is_otherwise(row, 1, delivery("hurried")) is otherwise
    assert is_wrong(row, 1, delivery("lively"))
    assert not is_wrong(heard(("neutral", SIX, 4.0), ("lively", text, rate)), 1, delivery("hurried"))


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
