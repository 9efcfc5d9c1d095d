"""What recognisers agree in, and the figures of their agreement against scikit-learn's and published ones."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from askqa_builder.dataset.annotation import agreement_told, agreement_warnings
from askqa_builder.recognition.affect.recogniser import Verdict
from askqa_builder.styles.agreement import Agreement, Rule, agreed, share_for
from askqa_builder.voices.emotion import CATEGORIES, Affect

categories = st.sampled_from(CATEGORIES)
values = st.none() | st.floats(0.0, 1.0)
verdicts = st.builds(
    Verdict, st.builds(Affect, st.none() | categories, values, values, values), st.none() | st.floats(0.0, 1.0)
)


def told(*names: str | None) -> list[Verdict]:
    return [Verdict(Affect(category=name)) for name in names]


@pytest.mark.parametrize(
    ("names", "majority", "unanimous"),
    [
        (("sad",), "sad", "sad"),
        (("sad", "happy"), None, None),
        (("sad", "sad"), "sad", "sad"),
        (("sad", "sad", "happy"), "sad", None),
        (("sad", "sad", "happy", "angry"), None, None),
        (("sad", None, "sad"), "sad", "sad"),
        ((None,), None, None),
    ],
)
def test_more_than_half_or_all(names: tuple[str | None, ...], majority: str | None, unanimous: str | None) -> None:
    assert agreed(told(*names), Rule.MAJORITY).category == majority
    assert agreed(told(*names), Rule.UNANIMOUS).category == unanimous


@given(st.lists(verdicts, min_size=1, max_size=6), st.permutations(range(6)))
def test_the_order_of_recognisers_is_of_no_account(found: list[Verdict], order: list[int]) -> None:
    shuffled = [found[place] for place in order if place < len(found)]
    for rule in Rule:
        one, other = agreed(found, rule), agreed(shuffled, rule)
        assert one.category == other.category
        assert (one.valence is None) == (other.valence is None)
        assert one.valence is None or math.isclose(one.valence, other.valence or 0.0, abs_tol=1e-9)


@given(st.lists(verdicts, min_size=1, max_size=6))
def test_who_is_unanimous_is_a_majority(found: list[Verdict]) -> None:
    unanimous = agreed(found, Rule.UNANIMOUS).category
    assert unanimous in (None, agreed(found, Rule.MAJORITY).category)
    if unanimous is not None:
        assert share_for(unanimous, found) in (None, 1.0)


def test_dimensions_are_means_of_those_who_tell_them() -> None:
    found = [Verdict(Affect(valence=0.2)), Verdict(Affect(valence=0.6, arousal=0.5)), *told("sad")]
    affect = agreed(found, Rule.MAJORITY)
    assert affect.valence == pytest.approx(0.4)
    assert (affect.arousal, affect.dominance) == (0.5, None)


@given(st.lists(st.tuples(categories, categories), min_size=1, max_size=40))
def test_of_two_it_is_cohen_s_kappa(pairs: list[tuple[str, str]]) -> None:
    agreement = Agreement(["one", "two"])
    for pair in pairs:
        agreement.add(pair)
    assert agreement.raw == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))
    if len({name for pair in pairs for name in pair}) == 1:
        assert agreement.kappa is None
    else:
        assert agreement.kappa == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)))


def test_of_more_it_is_fleiss_kappa() -> None:
    """The worked example of Fleiss (1971) has 14 raters; three here, computed by its formula by hand.

    Windows: (a, a, a), (a, a, b), (b, b, b), (a, b, b). P = (1 + 1/3 + 1 + 1/3) / 4 = 2/3, both shares 1/2.
    """
    agreement = Agreement(["one", "two", "three"])
    for window in ("aaa", "aab", "bbb", "abb"):
        agreement.add([{"a": "angry", "b": "sad"}[name] for name in window])
    assert agreement.raw == pytest.approx(2 / 3)
    assert agreement.kappa == pytest.approx((2 / 3 - 0.5) / 0.5)
    assert agreement.to_json()["kappa_kind"] == "fleiss"


def test_windows_where_one_tells_nothing_are_not_counted() -> None:
    agreement = Agreement(["one", "two"])
    agreement.add(["sad", None])
    assert (agreement.windows, agreement.raw, agreement.kappa) == (0, None, None)
    alone = Agreement(["one"])
    alone.add(["sad"])
    assert alone.windows == 0


def counted(*pairs: tuple[str, str]) -> dict[str, object]:
    agreement = Agreement(["one", "two"])
    for pair in pairs:
        agreement.add(pair)
    return agreement.to_json()


def test_a_recogniser_that_says_the_same_of_all_windows_is_named() -> None:
    found = counted(("sad", "sad"), ("happy", "sad"), ("sad", "sad"))
    constant, chance = agreement_warnings(found)
    assert constant.startswith("two said sad of all 3 windows: it tells nothing apart here")
    assert chance.startswith("A kappa of 0.00 is agreement no better than by chance")
    assert "66.7% of pairs of recognisers tell the same category, Cohen's kappa 0.00" in agreement_told(found)


def test_where_all_say_one_and_the_same_there_is_no_kappa_and_why_is_said() -> None:
    found = counted(("neutral", "neutral"), ("neutral", "neutral"))
    assert [warning.split(" ")[0] for warning in agreement_warnings(found)] == ["one", "two", "All"]
    assert "kappa" not in agreement_told(found)


def test_agreement_beyond_chance_needs_no_warning() -> None:
    found = counted(("sad", "sad"), ("happy", "happy"), ("sad", "happy"))
    assert list(agreement_warnings(found)) == []
    assert list(agreement_warnings(counted(("sad", "happy"), ("happy", "sad"), ("sad", "happy")))) != []
    assert list(agreement_warnings(None)) == list(agreement_warnings(counted())) == []
    assert agreement_told(counted()) == ""
