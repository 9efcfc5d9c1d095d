"""Text in a document is text, and nothing in it may reach out."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.report.document import as_data, policy
from askqa_builder.report.plots import axis, bar, histogram, points

texts = st.text() | st.sampled_from(["</script><script>alert(1)", "<!--", "]]>", "\u2028", '"', "&lt;", "مرحبا", "😀"])


@given(st.recursive(texts | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner)))
def test_data_comes_back_and_never_ends_its_block(value: object) -> None:
    text = str(as_data(value))
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)


def test_the_policy_allows_this_script_and_style_alone() -> None:
    said = policy("p {}", "go()", served=False)
    for text in ("p {}", "go()"):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in said
    assert "default-src 'none'" in said
    assert "connect-src 'none'" in said
    assert not re.search("unsafe|https?:|\\*", said)
    assert "connect-src 'self'" in policy("", "", served=True)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_axes_hold_all_values(values: list[float]) -> None:
    along = axis(np.array(values), "s")
    shares = along.share(np.array(values))
    assert (shares >= 0).all()
    assert (shares <= 1).all()
    assert 1 <= len(along.ticks) <= 7
    assert all(along.low - 1e-6 <= tick <= along.high + 1e-6 for tick in along.ticks)


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=50))
def test_axes_by_ratio_too(values: list[float]) -> None:
    along = axis(np.array(values), "Hz", ratio=True)
    shares = along.share(np.array(values))
    assert (shares >= -1e-9).all()
    assert (shares <= 1 + 1e-9).all()
    assert along.ticks


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=200))
def test_a_histogram_counts_every_value(values: list[float]) -> None:
    found = np.array(values)
    picture = histogram(found, axis(found, "s", from_zero=True), "user", "how long")
    assert sum(map(int, re.findall(r": (\d+)</title>", picture))) == len(values)


def test_labels_are_escaped() -> None:
    values = np.array([1.0, 2.0])
    evil = '"><script>alert(1)</script>'
    along = axis(values, evil)
    for picture in (
        histogram(values, along, evil, evil),
        points((values, along), (values, along), (evil, np.array([evil, evil], object)), evil),
        bar(0.5, evil),
    ):
        assert "<script" not in picture
        assert '">' + "<script" not in picture


def test_many_points_are_thinned() -> None:
    values = np.linspace(0, 1, 20_000)
    along = axis(values, "x")
    assert (
        points((values, along), (values, along), ("user", np.full(len(values), "v", object)), "all").count("<circle")
        == 1500
    )
