from __future__ import annotations

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.recording.audition import AUDITION_LUFS, audition_voices
from askqa_builder.speech.engine import Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.f0 import median_f0_hz
from askqa_builder.voices.emotion import Affect
from askqa_builder.voices.style import Style


@pytest.fixture(scope="module")
def engine() -> FliteEngine:
    return FliteEngine()


def test_voices_are_heard_at_the_same_level(engine: FliteEngine, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    paths = list(audition_voices(engine, list(engine.voices.values()), "It cost £5 in 1986, didn’t it?", folder))
    assert [path.name for path in paths] == [f"flite-{name}.wav" for name in ("slt", "rms", "awb", "kal16")]
    recordings = []
    for path in paths:
        samples, rate = soundfile.read(path)
        assert rate == 16000
        assert pyloudnorm.Meter(rate).integrated_loudness(samples) == pytest.approx(AUDITION_LUFS, abs=0.3)
        recordings.append(samples)
    assert len({len(samples) for samples in recordings}) == 4


def test_voices_are_spoken_one_by_one(engine: FliteEngine, tmp_path: Path) -> None:
    paths = audition_voices(engine, list(engine.voices.values()), "Yes.", tmp_path)
    next(paths)
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_to_say(engine: FliteEngine, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing that can be pronounced"):
        next(audition_voices(engine, list(engine.voices.values()), "… ?!", tmp_path))


def test_a_failing_voice_is_named(tmp_path: Path) -> None:
    class Hoarse(FliteEngine):
        def speak(self, batch: list[Utterance]) -> list[SpeechError]:  # type: ignore[override]
            return [SpeechError("no voice today") for _ in batch]

    engine = Hoarse()
    with pytest.raises(SpeechError, match="voice slt: no voice today"):
        next(audition_voices(engine, [engine.voices["slt"]], "Yes.", tmp_path))
    assert not list(tmp_path.iterdir())


def test_names_of_voices_never_leave_the_folder(engine: FliteEngine, tmp_path: Path) -> None:
    from dataclasses import replace

    hostile = replace(engine.voices["kal16"], name="kal16")
    object.__setattr__(hostile, "name", "../../kal16")

    class Renamed(FliteEngine):
        def speak(self, batch: list[Utterance]) -> list[object]:  # type: ignore[override]
            return super().speak([replace(utterance, voice="kal16") for utterance in batch])  # type: ignore[return-value]

    (path,) = audition_voices(Renamed(), [hostile], "Yes.", tmp_path)
    assert path.parent == tmp_path
    assert np.abs(soundfile.read(path)[0]).max() > 0.01


def test_a_style_is_heard(engine: FliteEngine, tmp_path: Path) -> None:
    voices, text = [engine.voices["slt"]], "The old man walked slowly down to the harbour."
    (plain,) = audition_voices(engine, voices, text, tmp_path)
    (styled,) = audition_voices(engine, voices, text, tmp_path, Style("brisk", pitch=3.0, rate=1.2, loudness=-6.0))
    assert styled.name == "flite-slt-brisk.wav"
    (before, rate), (after, _) = soundfile.read(plain), soundfile.read(styled)
    assert len(before) / len(after) == pytest.approx(1.2, abs=0.05)
    loudness = [pyloudnorm.Meter(rate).integrated_loudness(samples) for samples in (before, after)]
    assert loudness[1] - loudness[0] == pytest.approx(-6.0, abs=0.3)
    f0 = [median_f0_hz(samples.astype(np.float32), rate) for samples in (before, after)]
    assert f0[0] is not None
    assert f0[1] is not None
    assert 12 * np.log2(f0[1] / f0[0]) == pytest.approx(3.0, abs=0.5)


def test_an_emotion_needs_a_voice_that_speaks_it(engine: FliteEngine, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="voice 'slt' cannot speak 'happy'; it can speak no emotion"):
        next(audition_voices(engine, [engine.voices["slt"]], "Yes.", tmp_path, Style("glad", emotion=Affect("happy"))))
    assert not list(tmp_path.iterdir())
