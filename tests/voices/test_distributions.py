from __future__ import annotations

import json
import math
from statistics import fmean, median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askqa_builder.errors import UsageError
from askqa_builder.seeds import Stream
from askqa_builder.voices.distributions import (
    Choice,
    Constant,
    Distribution,
    Lognormal,
    Normal,
    Uniform,
    parse_distribution,
    require_inside,
)

EVERYTHING = (-math.inf, math.inf)
numbers = st.floats(-1e6, 1e6)
distributions = st.one_of(
    numbers.map(Constant),
    st.tuples(numbers, numbers).map(lambda pair: Uniform(*sorted(pair))),
    st.builds(Normal, numbers, st.floats(0, 1e3)),
    st.builds(Lognormal, st.floats(1e-3, 1e3), st.floats(0, 3)),
    st.lists(numbers, min_size=1).map(lambda values: Choice(tuple(values))),
)


def draws(distribution: Distribution, limits: tuple[float, float] = EVERYTHING, count: int = 2000) -> list[float]:
    stream = Stream("test", repr(distribution))
    return [distribution.draw(stream, limits) for _ in range(count)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, Constant(1.0)),
        (-23.0, Constant(-23.0)),
        (["uniform", 0, 1], Uniform(0.0, 1.0)),
        (["uniform", 2, 2], Uniform(2.0, 2.0)),
        (["normal", -1, 0], Normal(-1.0, 0.0)),
        (["lognormal", 1.0, 0.08], Lognormal(1.0, 0.08)),
        (["choice", 1, 2, 2], Choice((1.0, 2.0, 2.0))),
    ],
)
def test_every_form_is_read(value: object, expected: Distribution) -> None:
    assert parse_distribution(value, "f.yaml: key") == expected


@pytest.mark.parametrize(
    "value",
    [
        True,
        None,
        "1.0",
        {},
        math.nan,
        math.inf,
        10**400,
        [],
        [1, 2],
        [["uniform"], 1, 2],
        ["unifrom", 0, 1],
        ["uniform"],
        ["uniform", 0],
        ["uniform", 0, 1, 2],
        ["uniform", 1, 0],
        ["uniform", "0", 1],
        ["uniform", False, 1],
        ["uniform", 0, math.inf],
        ["normal", 0, -1],
        ["normal", math.nan, 1],
        ["lognormal", 0, 1],
        ["lognormal", -1, 1],
        ["lognormal", 1, -0.1],
        ["choice"],
        ["choice", "slt"],
    ],
)
def test_what_is_no_distribution_is_refused_with_file_and_key(value: object) -> None:
    with pytest.raises(UsageError, match=r"^f\.yaml: roles\.user\.rate: ") as caught:
        parse_distribution(value, "f.yaml: roles.user.rate")
    assert "\n" not in str(caught.value)


@given(distributions)
def test_the_written_form_is_read_back(distribution: Distribution) -> None:
    form = json.loads(json.dumps(distribution.to_json(), allow_nan=False))
    assert parse_distribution(form, "f.yaml: key") == distribution


@settings(deadline=None)
@given(distributions, numbers, st.floats(0, 100), st.integers(0, 1 << 53))
def test_draws_are_inside_their_limits_or_refused_beforehand(
    distribution: Distribution, low: float, width: float, seed: int
) -> None:
    limits = (low, low + width)
    try:
        require_inside(distribution, limits, "f.yaml: key", "units")
    except UsageError as error:
        assert str(error).startswith("f.yaml: key: ")  # noqa: PT017
    else:
        value = distribution.draw(Stream(seed), limits)
        assert limits[0] <= value <= limits[1]
        assert limits[0] <= distribution.draw_clipped(Stream(seed), limits) <= limits[1]


def test_the_middle_of_2000_draws_is_where_it_was_asked_for() -> None:
    assert fmean(draws(Uniform(0.8, 1.2))) == pytest.approx(1.0, abs=0.01)
    assert fmean(draws(Normal(-1.0, 2.0))) == pytest.approx(-1.0, abs=0.15)
    assert median(draws(Lognormal(0.4, 0.4))) == pytest.approx(0.4, rel=0.04)
    assert fmean(math.log(value) ** 2 for value in draws(Lognormal(1.0, 0.08))) ** 0.5 == pytest.approx(0.08, rel=0.05)
    assert fmean(draws(Choice((0.0, 0.0, 1.0)))) == pytest.approx(1 / 3, abs=0.035)
    assert set(draws(Constant(0.1), count=10)) == {0.1}


def test_a_value_outside_is_drawn_again_and_not_clipped() -> None:
    values = draws(Normal(0.0, 4.0), (-4.0, 4.0))
    assert min(values) >= -4.0
    assert max(values) <= 4.0
    assert not {-4.0, 4.0} & set(values)
    # The standard deviation of a Gaussian cut at one sigma is 0.54 of what it was.
    assert fmean(value**2 for value in values) ** 0.5 == pytest.approx(0.54 * 4.0, rel=0.05)


def test_redrawing_takes_the_next_number_of_the_same_stream() -> None:
    wide, narrow = Stream("one", "key"), Stream("one", "key")
    sequence = [Uniform(0.0, 1.0).draw(wide, (0.0, 1.0)) for _ in range(50)]
    assert Uniform(0.0, 1.0).draw(narrow, (0.0, 0.2)) == next(value for value in sequence if value <= 0.2)


@given(distributions, st.floats(-10, 10), st.floats(0, 10))
def test_the_share_inside_is_a_probability(distribution: Distribution, low: float, width: float) -> None:
    assert 0.0 <= distribution.share_inside((low, low + width)) <= 1.0
    assert distribution.share_inside((-1e7, 1e7)) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    "distribution", [Uniform(0.0, 2.0), Normal(0.9, 0.5), Lognormal(1.1, 0.4), Choice((0.2, 0.8, 1.0, 3.0))]
)
def test_the_share_inside_is_what_draws_show(distribution: Distribution) -> None:
    limits = (0.7, 1.4)
    inside = fmean(limits[0] <= value <= limits[1] for value in draws(distribution, count=4000))
    assert distribution.share_inside(limits) == pytest.approx(inside, abs=0.03)


@pytest.mark.parametrize(
    "distribution",
    [
        Constant(1.5),
        Uniform(1.41, 9.0),
        Uniform(-1e308, 1e308),
        Normal(9.0, 1.0),
        Normal(0.0, 1e308),
        Lognormal(100.0, 0.1),
        Lognormal(1e-9, 0.0),
        Choice((0.5, 2.0)),
    ],
)
def test_a_range_that_cannot_be_kept_is_refused_with_its_limits(distribution: Distribution) -> None:
    with pytest.raises(UsageError, match=r"^f\.yaml: key: .* never falls inside 0\.7 to 1\.4, factors"):
        require_inside(distribution, (0.7, 1.4), "f.yaml: key", "factors of the normal rate")


def test_the_rarest_accepted_range_is_drawn() -> None:
    rare = Uniform(0.0, 900.0)
    require_inside(rare, (0.0, 1.0), "f.yaml: key", "units")
    assert all(0.0 <= value <= 1.0 for value in draws(rare, (0.0, 1.0), count=5))


def test_values_too_large_for_a_float_are_outside() -> None:
    assert 0.0 < Lognormal(1.0, 1000.0).draw(Stream("huge"), (1e-6, 1e6)) < 1e6


def test_the_stream_of_draws_does_not_change() -> None:
    """These values are in published datasets: a change here changes every cast and every pause."""
    drawn = [
        distribution.draw(Stream("pinned", 7), EVERYTHING)
        for distribution in (
            Uniform(0.1, 0.3),
            Normal(0.0, 1.0),
            Lognormal(0.4, 0.4),
            Choice((1.0, 2.0, 3.0)),
        )
    ]
    assert drawn == [0.290930978, 1.691768003, 0.786955536, 3.0]
