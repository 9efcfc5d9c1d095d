from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.recognition.cutting import cut_at_silence

RATE = 1000


@given(st.integers(0, 40_000), st.integers(0, 2**32 - 1))
def test_pieces_are_short_enough_and_joined_the_whole(length: int, seed: int) -> None:
    samples = np.random.default_rng(seed).normal(size=length).astype(np.float32)
    pieces = cut_at_silence(samples, RATE, 5.0)
    assert all(len(piece) <= 5 * RATE for piece in pieces)
    assert all(len(piece) >= 3 * RATE for piece in pieces[:-1])
    np.testing.assert_array_equal(np.concatenate(pieces), samples)


def test_cuts_lie_in_pauses() -> None:
    samples = np.ones(12 * RATE, np.float32)
    for pause in (4.2, 8.3):
        samples[round(pause * RATE) : round((pause + 0.2) * RATE)] = 0
    first, second, _ = cut_at_silence(samples, RATE, 5.0)
    assert 4.2 <= len(first) / RATE <= 4.4
    assert 8.3 <= (len(first) + len(second)) / RATE <= 8.5
