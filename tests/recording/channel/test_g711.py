from __future__ import annotations

import warnings

import numpy as np
import pytest

from askqa_builder.recording.channel.g711 import through
from askqa_builder.voices.channels import Codec

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of the standard library's, before audioop-lts
    audioop = pytest.importorskip("audioop")

EVERY = np.arange(-32768, 32768).astype(np.int16)

# ITU-T G.711, tables 1a and 2a: the decoder's output at the end of each segment, from small to large.
MU_LAW_ENDS = (30, 93, 219, 471, 975, 1983, 3999, 8031)
A_LAW_ENDS = (31, 63, 126, 252, 504, 1008, 2016, 4032)


def test_values_are_those_of_the_tables() -> None:
    for codec, ends, scale in ((Codec.MU_LAW, MU_LAW_ENDS, 4), (Codec.A_LAW, A_LAW_ENDS, 8)):
        positive = sorted(set(through(EVERY[EVERY >= 0], codec).tolist()))
        assert len(positive) == 128
        assert [value // scale for value in positive[15::16]] == list(ends)


@pytest.mark.parametrize("codec", Codec)
def test_the_sample_nearest_by_the_law_is_chosen(codec: Codec) -> None:
    """Compared with the C code that Python had for it."""
    encode, decode = {
        Codec.MU_LAW: (audioop.lin2ulaw, audioop.ulaw2lin),
        Codec.A_LAW: (audioop.lin2alaw, audioop.alaw2lin),
    }[codec]
    expected = np.frombuffer(decode(encode(EVERY.tobytes(), 2), 2), np.int16)
    ours = through(EVERY, codec)
    assert np.array_equal(ours[EVERY >= 0], expected[EVERY >= 0])
    assert set(ours.tolist()) == set(expected.tolist())
    # it rounds negative samples of the µ-law the other way where they lie on the border of two steps
    assert np.count_nonzero(ours != expected) <= 4 * 127


@pytest.mark.parametrize("codec", Codec)
def test_both_signs_have_the_same_steps(codec: Codec) -> None:
    positive = EVERY[EVERY >= 0]
    assert np.array_equal(through(~positive, codec), -through(positive, codec))


@pytest.mark.parametrize("codec", Codec)
def test_a_decoded_sample_is_decoded_to_itself(codec: Codec) -> None:
    once = through(EVERY, codec)
    audible = np.abs(once) > 8
    assert np.array_equal(through(once, codec)[audible], once[audible])


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("level", [300.0, 1000.0, 5000.0])
def test_the_noise_of_quantising_follows_the_signal(codec: Codec, level: float) -> None:
    """At 33 to 40 dB below it, soft or loud; a uniform quantiser of eight bits has 15 to 40."""
    signal = np.rint(np.random.default_rng(3).standard_normal(100_000) * level).astype(np.int16)
    error = through(signal, codec).astype(float) - signal
    assert 33 < 10 * np.log10(np.mean(np.square(signal, dtype=float)) / np.mean(np.square(error))) < 40
