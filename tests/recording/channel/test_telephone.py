from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from askqa_builder.recording.channel.g711 import through
from askqa_builder.recording.channel.telephone import BAND_HZ, LOOK_AHEAD_SECONDS, call
from askqa_builder.voices.channels import Codec

RATES = (8000, 11025, 16000, 22050, 44100, 48000)


def noise(rate: int, seconds: float, level: float = 2000.0) -> NDArray[np.float32]:
    return (np.random.default_rng(1).standard_normal(round(rate * seconds)) * level).astype(np.float32)


def tone(rate: int, frequency: float) -> NDArray[np.float32]:
    return (8000 * np.sin(2 * np.pi * frequency * np.arange(rate) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("codec", Codec)
def test_outside_the_band_is_less_than_a_thousandth_of_the_energy(rate: int, codec: Codec) -> None:
    heard = call(noise(rate, 10), rate, codec)
    assert len(heard) == 10 * rate
    power = np.square(np.abs(np.fft.rfft(heard)))
    frequencies = np.fft.rfftfreq(len(heard), 1 / rate)
    inside = (frequencies >= BAND_HZ[0]) & (frequencies <= BAND_HZ[1])
    assert 10 * np.log10(power[~inside].sum() / power[inside].sum()) < -30


@pytest.mark.parametrize("rate", RATES)
def test_inside_the_band_it_is_flat_and_on_time(rate: int) -> None:
    for frequency in (400, 1000, 2000, 3000, 3300):
        sent = tone(rate, frequency)
        heard = call(sent, rate, Codec.MU_LAW)[rate // 4 :]
        reference = sent[rate // 4 :].astype(float)
        assert 20 * np.log10(np.std(heard) / np.std(reference)) == pytest.approx(0, abs=0.6), frequency
    sent = noise(rate, 2)
    heard = call(sent, rate, Codec.MU_LAW)
    size = 2 * len(sent)
    cross = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sent, size)))
    late = (int(np.argmax(cross)) + size // 2) % size - size // 2
    assert 0 <= late / rate < 0.001


@pytest.mark.parametrize("rate", RATES)
def test_no_sample_depends_on_what_comes_much_later(rate: int) -> None:
    signal = noise(rate, 3)
    whole = call(signal, rate, Codec.A_LAW)
    for length in (rate, rate + 1, 2 * rate + 12345 % rate):
        known = length - round(LOOK_AHEAD_SECONDS * rate)
        assert np.array_equal(call(signal[:length], rate, Codec.A_LAW)[:known], whole[:known])


@pytest.mark.parametrize("codec", Codec)
def test_at_the_telephones_rate_the_samples_are_those_of_the_codec(codec: Codec) -> None:
    heard = call(noise(8000, 3), 8000, codec)
    every = set(through(np.arange(-32768, 32768).astype(np.int16), codec).tolist())
    assert set(heard.tolist()) <= every
    assert len(set(heard.tolist())) > 100


def test_the_codec_overloads_at_full_scale() -> None:
    heard = call(5 * tone(8000, 1000), 8000, Codec.MU_LAW)
    assert np.abs(heard).max() == 4 * 8031
