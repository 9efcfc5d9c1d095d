"""Each shipped prosodic style does to real speech what it is documented to do, and nothing that clicks."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from askqa_builder.recording.timeline import FULL_SCALE
from askqa_builder.recording.turn_audio import TurnAudio, prepare_turn
from askqa_builder.recording.turn_measures import TurnMeasures, measure_turn
from askqa_builder.speech.engine import Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.prosody import add_prosody, speak_native
from askqa_builder.speech.silences import inner_silences
from askqa_builder.voices.limits import POST_SYNTHESIS_PITCH, POST_SYNTHESIS_RATE
from askqa_builder.voices.style import NEUTRAL, Style
from askqa_builder.voices.style_files import shipped_styles

RATE = 16000
# Short enough that F0 is that of all of it however slowly it is said.
TEXT = (
    "Once upon a time there was a farmer who had three sons. The eldest was strong, the second was clever, "
    "and the youngest was kind."
)
STYLES = {name: style for name, style in shipped_styles().items() if not style.native}
STYLED = [name for name in STYLES if name != NEUTRAL]
VOICES = ("slt", "rms", "awb", "kal16")


@pytest.fixture(scope="module")
def flite() -> FliteEngine:
    return FliteEngine()


@cache
def said(engine: FliteEngine, voice: str, name: str) -> TurnAudio:
    """A turn as a build makes it of a speaker with the voice's own rate and pitch, at −25 LUFS."""
    style = STYLES[name]
    asked = Utterance(TEXT, voice, style.rate, style.pitch, seed=1, pitch_range=style.pitch_range, pauses=style.pauses)
    (speech,) = speak_native(engine, [asked])
    assert isinstance(speech, Speech)
    styled = add_prosody(speech, asked, engine.voices[voice].controls)
    return prepare_turn(styled, RATE, -25.0 + style.loudness)


def measured(audio: TurnAudio) -> TurnMeasures:
    return measure_turn(audio.pcm, RATE, len(TEXT.split()))


def paused(audio: TurnAudio) -> float:
    """Seconds of silence within the turn; where a pause may be short, so may what counts as one."""
    silences = inner_silences(audio.pcm.astype(np.float32) / FULL_SCALE, RATE, 0.05)
    return float(np.sum(silences[:, 1] - silences[:, 0])) / RATE


def test_there_are_the_styles_that_docs_name() -> None:
    assert list(STYLES) == [
        "neutral", "lively", "subdued", "emphatic", "flat", "hurried", "drawn-out", "soft", "loud"
    ]  # fmt: skip
    assert all(style.source for style in STYLES.values())


@pytest.mark.parametrize("name", STYLED)
def test_a_style_leaves_its_speaker_room(name: str) -> None:
    """A tenth of the rate and a semitone and a half of the pitch, which nine of ten speakers are drawn within."""
    style: Style = STYLES[name]
    assert POST_SYNTHESIS_PITCH[0] + 1.5 <= style.pitch <= POST_SYNTHESIS_PITCH[1] - 1.5
    assert POST_SYNTHESIS_RATE[0] * 1.1 <= style.rate <= POST_SYNTHESIS_RATE[1] / 1.1


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("name", STYLED)
def test_what_is_measured_moves_as_documented(name: str, voice: str, flite: FliteEngine) -> None:
    style = STYLES[name]
    neutral, styled = said(flite, voice, NEUTRAL), said(flite, voice, name)
    before, after = measured(neutral), measured(styled)
    assert None not in (*before.to_json().values(), *after.to_json().values())
    assert 12 * np.log2(after.f0_mean / before.f0_mean) == pytest.approx(style.pitch, abs=0.6)
    assert after.articulation_rate / before.articulation_rate == pytest.approx(style.rate, rel=0.06)
    # peaks keep their distance from full scale: a voice with high ones becomes less loud than asked
    assert 0.5 * abs(style.loudness) - 0.5 < (after.energy - before.energy) * np.sign(style.loudness or 1)
    assert abs(after.energy - before.energy) < abs(style.loudness) + 0.5
    if style.pauses != 1:
        assert (paused(styled) - paused(neutral)) * (style.pauses - 1) > 0


@pytest.mark.parametrize("name", STYLED)
def test_the_melody_gets_wider_or_narrower_as_documented(name: str, flite: FliteEngine) -> None:
    """In the mean of the voices: one turn has too few accents to tell a fifth more from none."""
    before, after = (
        np.mean([np.log2(measured(said(flite, voice, one)).f0_range) for voice in VOICES]) for one in (NEUTRAL, name)
    )
    assert after - before == pytest.approx(np.log2(STYLES[name].pitch_range), abs=0.25)
    if STYLES[name].pitch_range != 1:
        assert (after - before) * (STYLES[name].pitch_range - 1) > 0


@pytest.mark.parametrize("name", STYLED)
def test_words_are_where_they_sound(name: str, flite: FliteEngine) -> None:
    neutral, styled = said(flite, "awb", NEUTRAL), said(flite, "awb", name)
    power = np.square(styled.pcm.astype(np.float64))
    assert len(styled.words) == len(neutral.words) == len(TEXT.split())
    for before, after in zip(neutral.words, styled.words, strict=True):
        assert (after.char_start, after.char_end) == (before.char_start, before.char_end)
        assert np.mean(power[after.start : after.end]) > 0.01 * np.mean(power)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("name", STYLED)
def test_no_style_clicks(name: str, voice: str, flite: FliteEngine) -> None:
    """A click is a step of the signal, sharper beside its level than any of the voice's own."""
    assert sharpest(said(flite, voice, name)) < 1.6 * sharpest(said(flite, voice, NEUTRAL))


def sharpest(audio: TurnAudio) -> float:
    samples = audio.pcm.astype(np.float64)
    curvature = np.abs(np.diff(samples, n=2))
    level = np.sqrt(np.convolve(np.square(samples), np.ones(800) / 800, "same"))[1:-1]
    return float(np.max(curvature / (level + 0.05 * np.max(level))))
