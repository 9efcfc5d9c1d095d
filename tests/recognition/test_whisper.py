"""Whisper's loading and batching, with a tiny model that knows no word; what a real one hears needs its weights."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import numpy as np
import pytest

from askqa_builder.errors import UsageError
from askqa_builder.recognition.recogniser import Clip, Recogniser, load_recogniser

pytest.importorskip("faster_whisper", reason="the asr extra is not installed")

RATE = 16000


@pytest.fixture(scope="module")
def tiny_whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a model in CTranslate2's format."""
    pytest.importorskip("coqpit", reason="transformers comes with the coqui extra")
    from tiny_whisper import write_tiny_whisper

    from askqa_builder.speech.engines.coqui.library import require_coqui

    require_coqui()  # sees to it that torchaudio imports, which transformers asks for
    return write_tiny_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def whisper(tiny_whisper: Path) -> Recogniser:
    return load_recogniser("whisper", {"model": str(tiny_whisper), "device": "cpu", "threads": 1})


def noise(seconds: float, seed: int, rate: int = RATE) -> Clip:
    rng = np.random.default_rng(seed)
    return Clip(rng.normal(0, 0.1, round(seconds * rate)).astype(np.float32), rate)


def test_each_clip_gets_its_own_text_whatever_the_batch(whisper: Recogniser) -> None:
    clips = [noise(seconds, seed) for seed, seconds in enumerate((0.05, 1.0, 0.3, 61.0, 2.5, 0.02, 29.0))]
    alone = [whisper.transcribe([clip])[0] for clip in clips]
    assert len(set(alone)) == len(clips), "the model does not listen: the test would see nothing"
    assert whisper.transcribe(clips) == alone
    assert whisper.transcribe(clips[::-1]) == alone[::-1]
    assert whisper.transcribe([]) == []


def test_nothing_of_a_long_clip_is_left_out(whisper: Recogniser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each window is within the 30 s that the model sees, and all together are the clip."""
    from faster_whisper import BatchedInferencePipeline

    seen: list[float] = []
    transcribe = BatchedInferencePipeline.transcribe

    def watched(self: object, audio: np.ndarray, **options: object) -> object:
        spans = options["clip_timestamps"]
        assert isinstance(spans, list)
        seen.extend(span["end"] - span["start"] for span in spans)
        return transcribe(self, audio, **options)

    monkeypatch.setattr(BatchedInferencePipeline, "transcribe", watched)
    whisper.transcribe([noise(100.0, 1), noise(1.0, 2)])
    assert max(seen) <= 28.0
    assert len(seen) == 5 or len(seen) == 6
    assert sum(seen) == pytest.approx(101.0)


def test_other_rates_are_resampled(whisper: Recogniser) -> None:
    assert whisper.transcribe([noise(1.0, 3, rate=22050)]) != [""]


def test_it_says_which_model_it_is_without_a_path(whisper: Recogniser, tiny_whisper: Path) -> None:
    info = whisper.info
    assert (info.name, info.model, info.numeric_mode) == ("whisper", "tiny-whisper", "cpu-int8")
    assert info.revision is not None
    assert info.revision.startswith("sha256:")
    assert str(tiny_whisper.parent) not in str(info.to_json())
    assert not whisper.appetite.one_core


@pytest.mark.parametrize("missing", ["model.bin", "tokenizer.json", "config.json"])
def test_an_incomplete_folder_is_refused(tiny_whisper: Path, tmp_path: Path, missing: str) -> None:
    shutil.copytree(tiny_whisper, tmp_path / "model")
    (tmp_path / "model" / missing).unlink()
    with pytest.raises(UsageError, match=f"{missing}.* missing"):
        load_recogniser("whisper", {"model": str(tmp_path / "model")})


def test_a_damaged_model_is_refused(tiny_whisper: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_whisper, tmp_path / "model")
    (tmp_path / "model" / "model.bin").write_bytes(b"no model")
    with pytest.raises(UsageError, match="cannot load the model 'model'"):
        load_recogniser("whisper", {"model": str(tmp_path / "model"), "device": "cpu"})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "enormous"}, "no model 'enormous'"),
        ({"model": "./nowhere"}, "no such folder"),
        ({"device": "tpu"}, "device"),
        ({"device": "cuda:0,1"}, "give one"),
        ({"device": "cuda:99"}, "not there"),
        ({"colour": "red"}, "no option 'colour'"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_recogniser("whisper", options)


@pytest.mark.parametrize("offline", [True, False])
def test_a_model_that_cannot_be_downloaded_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    """Whether the user has said that there is no Hub, or it cannot be reached."""
    import huggingface_hub.constants

    def no_network(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", offline)
    with pytest.raises(UsageError, match=r"'tiny\.en' is not on this machine.*give the folder of a model") as caught:
        load_recogniser("whisper", {"model": "tiny.en", "device": "cpu"})
    assert "\n" not in str(caught.value)
