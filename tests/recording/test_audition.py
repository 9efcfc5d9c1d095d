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
