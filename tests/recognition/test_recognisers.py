"""How recognisers are found, and PocketSphinx on real speech."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from askqa_builder.errors import UsageError
from askqa_builder.recognition.error_rate import error_rate
from askqa_builder.recognition.recogniser import Clip, Recogniser, load_predictor, load_recogniser
from askqa_builder.speech.engine import Speech, Utterance, load_engine

SENTENCES = [
    "The old fisherman went home before the storm.",
    "She gave the letter to her brother in the morning.",
    "Where did the children find the small boat?",
]


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    pytest.importorskip("pocketsphinx", reason="the asr extra is not installed")
    return load_recogniser("pocketsphinx")


@pytest.fixture(scope="module")
def spoken() -> list[Clip]:
    engine = load_engine("flite")
    clips = []
    for speech in engine.speak([Utterance(text, "rms") for text in SENTENCES]):
        assert isinstance(speech, Speech)
        clips.append(Clip(speech.samples, speech.sample_rate))
    return clips


def test_pocketsphinx_understands_most_of_clear_speech(recogniser: Recogniser, spoken: list[Clip]) -> None:
    heard = recogniser.transcribe(spoken)
    rates = [error_rate(text, words) for text, words in zip(SENTENCES, heard, strict=True)]
    assert all(rate is not None and rate < 0.6 for rate in rates), rates
    others = heard[1:] + heard[:1]
    assert all((error_rate(text, words) or 0) > 0.7 for text, words in zip(SENTENCES, others, strict=True))


def test_a_text_does_not_depend_on_what_was_heard_before(recogniser: Recogniser, spoken: list[Clip]) -> None:
    alone = [load_recogniser("pocketsphinx").transcribe([clip])[0] for clip in spoken[:2]]
    quiet = Clip(spoken[2].samples * np.float32(0.05), spoken[2].sample_rate)
    assert recogniser.transcribe([quiet, *spoken[1::-1]])[:0:-1] == alone


def test_a_few_samples_are_no_words(recogniser: Recogniser) -> None:
    assert recogniser.transcribe([Clip(np.full(3, 0.1, np.float32), 16000)]) == [""]
    assert recogniser.transcribe([]) == []


def test_pocketsphinx_says_who_it_is(recogniser: Recogniser) -> None:
    assert (recogniser.info.name, recogniser.info.model) == ("pocketsphinx", "en-us")
    assert recogniser.appetite.one_core


def test_unknown_names_and_options_are_refused() -> None:
    with pytest.raises(UsageError, match=r"unknown recogniser 'wisper'.*whisper"):
        load_recogniser("wisper")
    with pytest.raises(UsageError, match=r"unknown quality predictor 'pesq'"):
        load_predictor("pesq")
    with pytest.raises(UsageError, match=r"'pocketsphinx' has no option 'model'"):
        load_recogniser("pocketsphinx", {"model": "de-de"})


def test_a_missing_library_is_told_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pocketsphinx", "faster_whisper"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("pocketsphinx", "whisper"):
        with pytest.raises(UsageError, match=r'pip install "askqa-builder\[asr\]"'):
            load_recogniser(name)


def test_other_packages_add_recognisers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not start is told with its error, as are those that do not load."""
    (tmp_path / "their_module.py").write_text("def Broken():\n    raise RuntimeError('no licence')\n", "utf-8")
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n", "utf-8")
    points = "broken = their_module:Broken\nabsent = their_absent_module:X\n"
    (info / "entry_points.txt").write_text(f"[askqa_builder.recognisers]\n{points}", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match="'broken' does not start: RuntimeError: no licence"):
        load_recogniser("broken")
    with pytest.raises(UsageError, match="'absent' cannot be loaded"):
        load_recogniser("absent")
