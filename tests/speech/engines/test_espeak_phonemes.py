"""espeak-ng's phonemes from its library, against its executable and Coqui's use of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import espeakng_loader
import pytest

from askqa_builder.errors import UsageError
from askqa_builder.speech.engines.espeak import phonemes as espeak_phonemes
from askqa_builder.speech.engines.espeak.phonemes import Phonemizer
from askqa_builder.speech.pieces import split_sentences
from askqa_builder.speech.reading import read_aloud

UNSTRESSED = "to a of the it and in for him is was but or an as at by from has into that with your would been"


@pytest.fixture(scope="module")
def executables_library() -> Phonemizer:
    """The library that the executable on this machine uses: versions differ in their dictionaries."""
    # by its path: by its name, a process that has loaded another copy gets that one
    found = sorted(Path("/usr/lib").glob("*/libespeak-ng.so.1"))
    if shutil.which("espeak-ng") is None or not found:
        pytest.skip("espeak-ng's executable and its library are not installed")
    return Phonemizer("en-us", str(found[0]))


def sentences(items: list[dict], wanted: int) -> list[str]:
    found = []
    for item in items[:: max(len(items) // 60, 1)]:
        spoken = read_aloud(item["story"]).text
        found += [spoken[start:end] for start, end in split_sentences(spoken, 300)]
    return found[:: max(len(found) // wanted, 1)][:wanted]


def compare_with_coqui(phonemizer: Phonemizer, texts: list[str]) -> None:
    """Coqui's own phonemizer runs the executable for every stretch between two punctuation marks."""
    pytest.importorskip("coqpit", reason="the coqui extra is not installed")
    from askqa_builder.speech.engines.coqui.library import require_coqui

    require_coqui()
    from TTS.tts.utils.text.cleaners import english_cleaners
    from TTS.tts.utils.text.phonemizers import ESpeak

    coqui = ESpeak("en", backend="espeak-ng")
    for text in texts:
        parts, _ = coqui._phonemize_preprocess(english_cleaners(text))
        for part in parts:
            assert phonemizer.phonemes(part) == coqui._phonemize(part, "")


def test_the_symbols_are_those_of_coquis_own_phonemizer(executables_library: Phonemizer, demo_file: Path) -> None:
    texts = sentences(json.loads(demo_file.read_text("utf-8"))["data"], 40)
    assert len(texts) >= 30
    compare_with_coqui(executables_library, texts)


def test_words_without_stress_get_one_as_in_speech(executables_library: Phonemizer) -> None:
    """espeak-ng stresses them only when it speaks, after the library's function has returned."""
    words = UNSTRESSED.split()
    compare_with_coqui(executables_library, words + [f"{one} {two}" for one in words[::4] for two in words[1::5]])


def test_the_symbols_are_the_same_on_200_real_sentences(executables_library: Phonemizer, abg_coqa_folder: Path) -> None:
    texts = sentences(json.loads((abg_coqa_folder / "coqa_abg_test.json").read_text("utf-8"))["data"], 200)
    assert len(texts) == 200
    compare_with_coqui(executables_library, texts)


def test_known_words() -> None:
    phonemizer = Phonemizer("en-us")
    assert phonemizer.phonemes("hello world") == "həlˈoʊ wˈɜːld"
    assert phonemizer.phonemes("of the") == "ʌvðˈə"
    assert phonemizer.phonemes("") == ""
    assert int(phonemizer.version.split(".")[1]) >= 50


def test_two_languages_in_turns() -> None:
    english, german = Phonemizer("en-us"), Phonemizer("de")
    first = english.phonemes("an angel")
    assert german.phonemes("an angel") != first
    assert english.phonemes("an angel") == first


def test_switches_of_language_are_not_read() -> None:
    assert "(" not in Phonemizer("de").phonemes("das Wort download ist englisch")


def test_an_unknown_language_is_told() -> None:
    with pytest.raises(UsageError, match="no voice 'xx-nowhere'"):
        Phonemizer("xx-nowhere")


def test_a_data_path_that_is_too_long_for_espeak(tmp_path: Path) -> None:
    """espeak-ng fails silently from 160 characters on; in a process of its own, since it starts but once."""
    folder = tmp_path / ("long" * 30) / ("longer" * 15)
    folder.mkdir(parents=True)
    data = folder / "data"
    data.symlink_to(espeakng_loader.get_data_path())
    assert len(str(data)) > 160
    program = (
        "import sys\n"
        "from askqa_builder.speech.engines.espeak.phonemes import Phonemizer\n"
        "sys.stdout.reconfigure(encoding='utf-8')\n"
        f"print(Phonemizer('en-us', {str(espeakng_loader.get_library_path())!r}, {str(data)!r}).phonemes('hello'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "həlˈoʊ"


def test_without_espeak_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    monkeypatch.setattr(espeak_phonemes, "_SYSTEM_LIBRARIES", ("libespeak-ng-not-there.so",))
    with pytest.raises(UsageError, match="espeak-ng's library is missing: pip install espeakng-loader"):
        Phonemizer("en-us")
