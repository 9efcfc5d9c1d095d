from __future__ import annotations

import numpy as np
import parselmouth
import pytest

from askqa_builder.errors import SpeechError
from askqa_builder.recording.measuring import (
    SENTENCES,
    VOICES_A_BATCH,
    gender_of_f0,
    measure_voices,
    measured,
    measured_table,
)
from askqa_builder.speech.engine import Engine, Speech, Utterance
from askqa_builder.speech.engines.espeak.engine import EspeakEngine
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.voices.voice_table import VoiceEntry

ESPEAK_VARIANTS = {  # of whom the variant's own name says who it is
    "en-us+f1": "female",
    "en-us+f3": "female",
    "en-gb+f2": "female",
    "en-gb+belinda": "female",
    "en-gb-scotland+linda": "female",
    "en-us+m3": "male",
    "en-us-nyc+miguel": "male",
    "en-gb+m7": "male",
    "en-gb-x-rp+m6": "male",
    "en-gb-x-gbclan+Denis": "male",
}


@pytest.fixture(scope="module")
def flite() -> FliteEngine:
    return FliteEngine()


@pytest.fixture(scope="module")
def of_flite(flite: FliteEngine) -> dict[str, VoiceEntry]:
    return dict(measure_voices(flite, list(flite.voices.values())))


@pytest.fixture(scope="module")
def espeak() -> EspeakEngine:
    pytest.importorskip("espeakng_loader")
    return EspeakEngine()


@pytest.fixture(scope="module")
def of_espeak(espeak: EspeakEngine) -> dict[str, VoiceEntry]:
    return dict(measure_voices(espeak, [espeak.voices[name] for name in ESPEAK_VARIANTS]))


def median_by_praat(engine: Engine, voice: str) -> float:
    found = []
    for speech in engine.speak([Utterance(sentence, voice) for sentence in SENTENCES]):
        assert isinstance(speech, Speech)
        sound = parselmouth.Sound(speech.samples.astype(np.float64), speech.sample_rate)
        f0 = sound.to_pitch_ac(pitch_floor=60, pitch_ceiling=450).selected_array["frequency"]
        found.append(f0[f0 > 0])
    return float(np.median(np.concatenate(found)))


def apart(f0_hz: float | None, other: float) -> float:
    """Semitones between two frequencies."""
    assert f0_hz is not None
    return abs(float(12 * np.log2(f0_hz / other)))


def test_genders_of_flites_voices(of_flite: dict[str, VoiceEntry]) -> None:
    found = {name: entry.gender for name, entry in of_flite.items()}
    assert found == {"slt": "female", "rms": "male", "awb": "male", "kal16": "male"}
    assert {entry.source for entry in of_flite.values()} == {"f0"}


def test_genders_of_espeaks_variants(of_espeak: dict[str, VoiceEntry]) -> None:
    assert {name: entry.gender for name, entry in of_espeak.items()} == ESPEAK_VARIANTS


@pytest.mark.parametrize("voice", ["slt", "rms", "awb", "kal16"])
def test_f0_of_flite_is_praats(flite: FliteEngine, of_flite: dict[str, VoiceEntry], voice: str) -> None:
    assert apart(of_flite[voice].f0_hz, median_by_praat(flite, voice)) < 0.5


@pytest.mark.parametrize("voice", ESPEAK_VARIANTS)
def test_f0_of_espeak_is_praats(espeak: EspeakEngine, of_espeak: dict[str, VoiceEntry], voice: str) -> None:
    assert apart(of_espeak[voice].f0_hz, median_by_praat(espeak, voice)) < 0.5


def test_spread_and_pace_are_those_of_speech(of_flite: dict[str, VoiceEntry]) -> None:
    for entry in of_flite.values():
        assert entry.f0_spread_semitones is not None
        assert 2 < entry.f0_spread_semitones < 12
        assert entry.words_per_minute is not None
        assert 150 < entry.words_per_minute < 260


def test_enough_is_said() -> None:
    words = [word for sentence in SENTENCES for word in sentence.split()]
    assert len(words) >= 60
    assert " ".join(SENTENCES).isascii()


def test_a_voice_measures_the_same_alone_and_among_others(
    flite: FliteEngine, espeak: EspeakEngine, of_flite: dict[str, VoiceEntry], of_espeak: dict[str, VoiceEntry]
) -> None:
    voices = list(reversed(flite.voices.values()))
    assert dict(measure_voices(flite, voices)) == of_flite
    for name in ("en-us+f1", "en-gb+m7"):
        assert dict(measure_voices(espeak, [espeak.voices[name]])) == {name: of_espeak[name]}


def test_a_whisper_has_no_f0_and_no_gender(espeak: EspeakEngine) -> None:
    ((_, entry),) = measure_voices(espeak, [espeak.voices["en-us+whisper"]])
    assert (entry.gender, entry.f0_hz, entry.f0_spread_semitones) == (None, None, None)
    assert entry.words_per_minute is not None


@pytest.mark.parametrize(
    ("f0_hz", "gender"),
    [(75.0, "male"), (85.0, "male"), (155.0, "male"), (155.1, None), (164.9, None), (165.0, "female"),
     (255.0, "female"), (255.1, None), (400.0, None)],
)  # fmt: skip
def test_gender_only_where_it_is_clear(f0_hz: float, gender: str | None) -> None:
    assert gender_of_f0(f0_hz) == gender


def test_batches_are_bounded_and_full(espeak: EspeakEngine) -> None:
    sizes = []

    class Counted(FliteEngine):
        def speak(self, batch: list[Utterance]) -> list[Speech | SpeechError]:  # type: ignore[override]
            sizes.append(len(batch))
            return [Speech(tone(120.0), 16000) for _ in batch]

        @property
        def voices(self) -> object:  # type: ignore[override]
            return espeak.voices

    engine = Counted()
    voices = [voice for name, voice in espeak.voices.items() if name.startswith("en-us+")][: 2 * VOICES_A_BATCH + 1]
    found = dict(measure_voices(engine, voices))
    assert list(found) == [voice.name for voice in voices]
    assert sizes == [VOICES_A_BATCH * len(SENTENCES)] * 2 + [len(SENTENCES)]


def tone(f0_hz: float, seconds: float = 3.0) -> np.ndarray:
    """A buzz with ten harmonics."""
    t = np.arange(round(seconds * 16000)) / 16000
    return sum(np.sin(2 * np.pi * k * f0_hz * t) / k for k in range(1, 11)).astype(np.float32) * 0.1  # type: ignore[no-any-return,union-attr]


def test_what_is_measured_is_known_of_a_tone() -> None:
    notes = (100.0, 110.0, 110.0, 110.0, 121.0)
    entry = measured([Speech(tone(note), 16000) for note in notes])
    assert entry.f0_hz == pytest.approx(110.0, abs=0.3)
    assert entry.f0_spread_semitones == pytest.approx(12 * np.log2(1.21), abs=0.1)
    assert entry.words_per_minute == pytest.approx(69 * 60 / 15, rel=0.01)


def test_a_voice_that_cannot_speak_is_named(flite: FliteEngine) -> None:
    class Hoarse(FliteEngine):
        def speak(self, batch: list[Utterance]) -> list[Speech | SpeechError]:  # type: ignore[override]
            spoken: list[Speech | SpeechError] = list(super().speak(batch))
            return [SpeechError("lost") if u.voice == "rms" else s for u, s in zip(batch, spoken, strict=True)]

    class Mute(FliteEngine):
        def speak(self, batch: list[Utterance]) -> list[Speech | SpeechError]:  # type: ignore[override]
            return [Speech(np.zeros(16000, np.float32), 16000) for _ in batch]

    with pytest.raises(SpeechError, match="voice rms: lost"):
        dict(measure_voices(Hoarse(), list(flite.voices.values())))
    with pytest.raises(SpeechError, match="voice slt: the engine returned silence"):
        dict(measure_voices(Mute(), [flite.voices["slt"]]))


def test_the_table_says_of_what_model_it_is(flite: FliteEngine, of_flite: dict[str, VoiceEntry]) -> None:
    table = measured_table(flite.info, of_flite)
    assert table.is_of(flite.info)
    assert table.measured_with is not None
