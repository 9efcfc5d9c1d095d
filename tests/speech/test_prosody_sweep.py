"""Rate and pitch mean the same on every engine, over 200 words, by Praat's meter; the full grid is a benchmark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prosody_sweep import TEXT, Deviation, Uncontrolled, deviations

from askqa_builder.speech.engine import Engine
from askqa_builder.speech.engines.flite import FliteEngine


@pytest.fixture(scope="module")
def flite() -> FliteEngine:
    return FliteEngine()


@pytest.fixture(scope="module")
def espeak() -> Iterator[Engine]:
    pytest.importorskip("espeakng_loader", reason="the espeak extra is not installed")
    from askqa_builder.speech.engines.espeak.engine import EspeakEngine

    engine = EspeakEngine()
    yield engine
    engine.close()


MOST_WARP = 1.03


def assert_as_asked(found: list[Deviation]) -> None:
    for one in found:
        assert abs(one.rate) <= 0.03, one
        assert abs(one.pitch) <= 0.3, one
        assert abs(one.duration) <= 0.005, one
        assert one.warp is None or 1 / MOST_WARP <= one.warp <= MOST_WARP, one


def test_the_text_is_long_enough() -> None:
    assert len(TEXT.split()) >= 200


@pytest.mark.parametrize(
    ("voice", "rates", "pitches"),
    [
        ("kal16", (1.0, 1.4), (-4.0, 4.0)),
        ("slt", (1.0,), (4.0,)),
        ("awb", (1.4,), (-4.0,)),
        ("rms", (0.7,), (3.0,)),
    ],
)
def test_flite(flite: FliteEngine, voice: str, rates: tuple[float, ...], pitches: tuple[float, ...]) -> None:
    assert_as_asked(deviations(flite, voice, rates, pitches))


def test_an_engine_that_controls_nothing(flite: FliteEngine) -> None:
    assert_as_asked(deviations(Uncontrolled(flite), "kal16", (0.7, 1.4), (-3.0, 4.0)))


@pytest.mark.parametrize(
    ("voice", "rate", "pitches"),
    [
        ("en-us", 1.0, (-4.0, 4.0)),
        ("en-us+f3", 1.4, (-4.0,)),
        ("en-us-nyc+aunty", 0.7, (4.0,)),
        ("en-gb-x-rp+m6", 1.4, (-4.0,)),
    ],
)
def test_espeak(espeak: Engine, voice: str, rate: float, pitches: tuple[float, ...]) -> None:
    assert_as_asked(deviations(espeak, voice, (rate,), pitches))
