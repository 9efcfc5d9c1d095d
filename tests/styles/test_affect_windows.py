"""Windows cover speech once, and context stays inside it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.errors import UsageError
from askqa_builder.styles.windows import Window, Windowing

RATE = 8000


@given(
    start=st.integers(0, 100_000),
    samples=st.integers(1, 400_000),
    length=st.floats(0.1, 5.0),
    context=st.floats(0.0, 3.0),
)
def test_every_sample_is_in_one_window(start: int, samples: int, length: float, context: float) -> None:
    windowing = Windowing(length, context)
    windows = windowing.cut(start, start + samples, RATE)
    assert (windows[0].start, windows[-1].end) == (start, start + samples)
    assert all(one.end == after.start for one, after in pairwise(windows))
    step = windowing.step(RATE)
    assert all(window.end - window.start == step for window in windows[:-1])
    last = windows[-1].end - windows[-1].start
    assert last == samples if len(windows) == 1 else step <= 2 * last < 3 * step
    for window in windows:
        assert start <= window.heard_start <= window.start < window.end <= window.heard_end <= start + samples
        assert window.start - window.heard_start == min(windowing.beside(RATE), window.start - start)
        assert window.heard_end - window.end == min(windowing.beside(RATE), start + samples - window.end)


@pytest.mark.parametrize(
    ("seconds", "ends"),
    [(0.5, [0.5]), (2.0, [2.0]), (2.9, [2.9]), (3.0, [2.0, 3.0]), (4.9, [2.0, 4.9]), (6.0, [2.0, 4.0, 6.0])],
)
def test_two_seconds_and_what_is_left(seconds: float, ends: list[float]) -> None:
    windows = Windowing().cut(0, round(seconds * RATE), RATE)
    assert [window.end / RATE for window in windows] == ends


def test_a_second_is_heard_on_each_side() -> None:
    assert Windowing().cut(0, 6 * RATE, RATE)[1] == Window(2 * RATE, 4 * RATE, RATE, 5 * RATE)


@pytest.mark.parametrize(("length", "context"), [(0.0, 1.0), (61.0, 1.0), (2.0, -1.0), (2.0, 61.0)])
def test_other_lengths_are_refused(length: float, context: float) -> None:
    with pytest.raises(UsageError, match="is not allowed"):
        Windowing(length, context)
