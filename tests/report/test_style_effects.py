"""How far styles are from neutral: the right turns are compared, and intervals hold the truth as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from askqa_builder.report.delivery import few_turns, told_change
from askqa_builder.report.style_effects import mean_change

TRUE = 1.5
ROUNDS = 400


def some_turns(generator: np.random.Generator, conversations: int) -> pd.DataFrame:
    """Turns of speakers who differ by voice, and by what was drawn for them in each conversation."""
    of = np.repeat(np.arange(conversations), 6)
    role = np.tile(["user", "assistant"], 3 * conversations)
    cast = generator.integers(0, 3, (conversations, 2))[of, (role == "user").astype(int)]
    drawn = generator.normal(0, 1.0, (conversations, 2))[of, (role == "user").astype(int)]
    styled = generator.random(len(of)) < 0.4
    value = 4.0 * cast + drawn + TRUE * styled + generator.normal(0, 1.0, len(of))
    return pd.DataFrame(
        {"conversation_id": of.astype(str), "role": role, "voice": cast, "styled": styled, "value": value}
    )


@pytest.mark.parametrize("conversations", [12, 60])
def test_the_interval_holds_the_truth_as_often_as_it_says(conversations: int) -> None:
    generator = np.random.default_rng(5)
    held, means = [], []
    for _ in range(ROUNDS):
        turns = some_turns(generator, conversations)
        found = mean_change(turns["value"], turns["styled"], turns)
        held.append(found.low <= TRUE <= found.high)
        means.append(found.mean)
    assert np.mean(means) == pytest.approx(TRUE, abs=0.1)
    assert 0.91 <= np.mean(held) <= 0.995


def lines(*told: tuple[str, str, str, bool, float]) -> pd.DataFrame:
    return pd.DataFrame(told, columns=["conversation_id", "role", "voice", "styled", "value"])


def test_turns_count_against_the_neutral_ones_of_their_role_and_voice() -> None:
    turns = lines(
        ("1", "user", "a", False, 10.0),
        ("1", "user", "a", True, 12.0),
        ("2", "user", "a", True, 13.0),
        ("2", "user", "a", False, 10.0),
        ("2", "assistant", "b", False, 50.0),
        ("1", "assistant", "b", True, 51.0),
        ("1", "narrator", "c", True, 99.0),  # never neutral
        ("1", "user", "d", False, 0.0),  # never styled
    )
    found = mean_change(turns["value"], turns["styled"], turns)
    assert found.mean == pytest.approx((2.0 + 3.0 + 1.0) / 3)
    assert found.low < found.mean < found.high


@pytest.mark.parametrize(
    "turns",
    [
        lines(("1", "user", "a", True, 2.0), ("1", "user", "a", False, 1.0), ("2", "user", "a", False, 1.5)),
        lines(("1", "user", "a", True, 2.0), ("2", "user", "a", True, 1.0), ("2", "user", "a", False, 1.5)),
        lines(("1", "user", "a", True, 2.0), ("2", "user", "b", False, 1.0)),
        lines(("1", "user", "a", True, float("nan")), ("2", "user", "a", False, 1.0)),
    ],
)
def test_one_conversation_tells_nothing_of_others(turns: pd.DataFrame) -> None:
    found = mean_change(turns["value"], turns["styled"], turns)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_no_difference_is_told_without_its_interval() -> None:
    nothing = {"f0_change": 3.0, "f0_change_low": float("nan"), "f0_change_high": float("nan")}
    assert told_change(nothing, "f0_change") == "–"
    known = {"f0_change": 1.52, "f0_change_low": 1.31, "f0_change_high": 1.73}
    assert told_change(known, "f0_change", unit=True) == "+1.5 ±0.2 st"
    sure = {"f0_change": 1.52, "f0_change_low": 1.49, "f0_change_high": 1.55}
    assert told_change(sure, "f0_change") == "+1.52 ±0.03"
    rate = {f"articulation_rate_change{end}": of for end, of in (("", 1.1), ("_low", 1.05), ("_high", 1.152))}
    assert told_change(rate, "articulation_rate_change") == "1.10 (1.05–1.15)"


def test_styles_of_few_turns_are_named() -> None:
    found = pd.DataFrame(
        {"group": ["neutral", "flat", "lively", "loud"], "compared": [0, 19, 20, 40], "neutral": [0, 90, 20, 8]}
    )
    assert few_turns(found) == ["flat", "loud"]
