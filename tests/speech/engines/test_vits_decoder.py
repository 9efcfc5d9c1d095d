"""Decoding in windows, and rates in whole frames."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the coqui extra is not installed")
pytest.importorskip("coqpit", reason="the coqui extra is not installed")


@given(st.integers(1, 5000), st.integers(1, 120))
def test_windows_leave_nothing_out(frames: int, reach: int) -> None:
    from askqa_builder.speech.engines.coqui.vits_decoder import cut_windows

    width, starts = cut_windows(frames, reach)
    if not starts:
        assert frames <= width
        return
    assert starts[0] == 0
    assert starts[-1] + width == frames
    for one, following in pairwise(starts):
        # what one window may be trusted with ends where the next one's begins, or later
        assert one < following <= one + width - 2 * reach


@pytest.mark.parametrize("frames", [1, 20, 31, 32, 33, 97, 193, 260, 500])
@pytest.mark.parametrize("full", [False, True])
def test_windows_give_what_the_whole_gives(frames: int, full: bool) -> None:
    """The kernels of the released model reach farther than those of the small one; few channels are enough."""
    from askqa_builder.speech.engines.coqui.library import require_coqui

    require_coqui()
    from TTS.vocoder.models.hifigan_generator import HifiganGenerator

    from askqa_builder.speech.engines.coqui.vits_decoder import BatchDecoder, Precision

    torch.manual_seed(0)
    kernels = [3, 7, 11] if full else [3]
    decoder: Any = HifiganGenerator(
        8, 1, "1", [[1, 3, 5]] * len(kernels), kernels, [16, 16, 4, 4], 32, [8, 8, 2, 2],
        inference_padding=0, cond_channels=4, conv_pre_weight_norm=False, conv_post_weight_norm=False,
        conv_post_bias=False,
    )  # fmt: skip
    decoder.eval().requires_grad_(False)
    decoder.conv_post.weight.mul_(20)
    latent, speaker = torch.randn(1, 8, frames), torch.randn(1, 4, 1)
    whole = decoder(latent, g=speaker)
    assert whole.abs().max() > 0.01
    windowed = BatchDecoder(decoder, Precision.FLOAT32).decode(latent, speaker, [frames])
    assert windowed.shape == whole.shape
    assert (windowed - whole).abs().max() <= 1e-5


@given(
    st.lists(st.floats(0.001, 40.0), min_size=1, max_size=200).map(np.array),
    st.floats(0.5, 2.0),
)
def test_frames_at_a_rate_have_the_sum_due(durations: np.ndarray, rate: float) -> None:
    from askqa_builder.speech.engines.coqui.vits import frames_at_rate

    normal, frames = frames_at_rate(durations, 1.0), frames_at_rate(durations, rate)
    assert np.array_equal(normal, np.ceil(durations))
    assert frames.min() >= 1
    wanted = max(round(normal.sum() / rate), len(durations))
    # tokens of one duration move together
    assert wanted <= frames.sum() < wanted + np.unique(durations, return_counts=True)[1].max() + 1
