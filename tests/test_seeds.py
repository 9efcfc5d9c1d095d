from __future__ import annotations

from statistics import NormalDist, fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.seeds import SEED_BITS, Stream, derive_seed, digest, short_hash

PARTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5)


def test_values_are_pinned_for_ever() -> None:
    # Every draw of every dataset hangs on these: a change here changes all audio ever built.
    assert digest().hex() == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
    assert digest("a", "bc").hex() == "1a867ce4c94ebddb11f32a75b6ed9a72c33a73f0a935f03197c53360bb7e9a75"
    assert derive_seed("a", "bc") == 933277545867735
    assert derive_seed(0, "demo", 0, 3, "Café?") == 4298745526626805
    assert short_hash("story", "x") == "713bd689b6aac21d"
    assert short_hash("story", "x", length=4) == "713b"


def test_a_stream_is_pinned_for_ever() -> None:
    uniform, normal = Stream(7, "k"), Stream(7, "k")
    assert [uniform.uniform() for _ in range(3)] == [0.5758573137964846, 0.20388417233833173, 0.8446723865070427]
    expected = [0.1913066231419915, -0.8278272415805213, 1.0138481262192083]
    assert [normal.normal() for _ in range(3)] == pytest.approx(expected, rel=1e-12)


@given(PARTS, PARTS)
def test_only_equal_tuples_share_a_digest(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("ab", "c"), ("a", "bc")), (("a",), ("a", "")), (("", "a"), ("a", "")), (("1", "2"), ("12",)), ((), ("",))],
)
def test_borders_of_parts_count(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert digest(*one) != digest(*other)
    assert derive_seed(*one) != derive_seed(*other)


@given(PARTS)
def test_seeds_stay_exact_as_floats(parts: list[str]) -> None:
    seed = derive_seed(*parts)
    assert 0 <= seed < 1 << SEED_BITS
    assert int(float(seed)) == seed


def test_seeds_use_their_whole_range() -> None:
    seeds = [derive_seed("range", i) for i in range(400)]
    assert len(set(seeds)) == len(seeds)
    assert max(seeds) > 0.98 * 2**SEED_BITS
    assert min(seeds) < 0.02 * 2**SEED_BITS


def test_streams_draw_as_their_distributions_say() -> None:
    stream = Stream("moments")
    uniforms = [stream.uniform() for _ in range(4000)]
    normals = [stream.normal() for _ in range(4000)]
    assert all(0 < value < 1 for value in uniforms)
    assert fmean(uniforms) == pytest.approx(0.5, abs=0.02)
    assert (fmean(normals), pstdev(normals)) == pytest.approx((0, 1), abs=0.05)
    assert sum(value < NormalDist().inv_cdf(0.9) for value in normals) == pytest.approx(3600, abs=80)


def test_streams_depend_on_their_key_alone() -> None:
    one, other, same = Stream("a", 1), Stream("a", 2), Stream("a", 1)
    first = [one.uniform() for _ in range(5)]
    assert first != [other.uniform() for _ in range(5)]
    assert first == [same.uniform() for _ in range(5)]


def test_until_goes_on_with_the_same_stream() -> None:
    stream, reference = Stream("until"), Stream("until")
    drawn = [reference.uniform() for _ in range(50)]
    assert stream.until(stream.uniform, lambda value: value > 0.9) == next(value for value in drawn if value > 0.9)


def test_until_gives_up() -> None:
    tries = []
    stream = Stream("never")
    with pytest.raises(ValueError, match="no acceptable value in 7 draws"):
        stream.until(lambda: tries.append(1) or 0.0, lambda value: False, tries=7)
    assert len(tries) == 7
