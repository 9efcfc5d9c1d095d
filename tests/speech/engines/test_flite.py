from __future__ import annotations

import ctypes
import hashlib
import subprocess
import sys

import numpy as np
import parselmouth
import pytest

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.speech.engine import Engine, Speech, Utterance, load_engine
from askqa_builder.speech.engines import flite
from askqa_builder.speech.engines.flite import CHARACTERS_A_CALL, FliteEngine

VOICES = ("slt", "rms", "awb", "kal16")
STORY = (
    "The old man walked slowly down to the harbour, where three small boats were waiting. He had never been "
    "to sea before, but he knew the smell of salt and tar."
)
SHORT = "We saw a small boat on the river."


@pytest.fixture(scope="module")
def engine() -> FliteEngine:
    return FliteEngine()


def say(engine: Engine, *batch: Utterance) -> list[Speech]:
    answers = engine.speak(batch)
    for answer in answers:
        assert isinstance(answer, Speech), answer
    return answers


def same(one: Speech, other: Speech) -> bool:
    return np.array_equal(one.samples, other.samples) and one.words == other.words


def heard(speech: Speech, text: str) -> list[str]:
    return [text[word.char_start : word.char_end] for word in speech.words]


def median_f0(speech: Speech) -> float:
    pitch = parselmouth.Sound(speech.samples.astype(float), speech.sample_rate).to_pitch(0.01, 60, 450)
    f0 = pitch.selected_array["frequency"]
    return float(np.median(f0[f0 > 0]))


def spoken_seconds(speech: Speech) -> float:
    """Return the seconds from the first to the last word: the silence flite adds does not count."""
    return (speech.words[-1].end - speech.words[0].start) / speech.sample_rate


# --- what it says of itself ---


def test_it_is_the_engine_registered_as_flite() -> None:
    engine = load_engine("flite")
    assert isinstance(engine, FliteEngine)
    assert engine.info.name == "flite"
    assert engine.info.version.startswith("2.")
    assert engine.info.sample_rate == 16000
    assert tuple(engine.voices) == VOICES
    engine.close()


def test_only_rms_has_no_pitch_of_its_own(engine: FliteEngine) -> None:
    assert {name for name, voice in engine.voices.items() if voice.controls.pitch is None} == {"rms"}
    plain, raised = say(engine, Utterance(SHORT, "rms", seed=1), Utterance(SHORT, "rms", pitch=3.0, seed=1))
    assert same(plain, raised)


# --- the same utterance gives the same samples ---


@pytest.mark.parametrize("voice", VOICES)
def test_alone_in_a_batch_and_after_others(engine: FliteEngine, voice: str) -> None:
    wanted = Utterance(SHORT, voice, rate=1.1, pitch=-1.0, seed=5)
    others = [Utterance("Yes, of course.", other, rate=0.8, pitch=2.0, seed=9) for other in VOICES]
    alone = say(engine, wanted)[0]
    assert alone.samples.dtype == np.float32
    assert 0.05 < np.abs(alone.samples).max() <= 1
    assert same(say(engine, *others, wanted)[-1], alone)
    assert same(say(engine, wanted, *reversed(others))[0], alone)
    assert same(say(FliteEngine(), wanted)[0], alone)


def test_the_seed_changes_the_noise(engine: FliteEngine) -> None:
    one, again, other = say(engine, *(Utterance(SHORT, "slt", seed=seed) for seed in (1, 1, 2)))
    assert same(one, again)
    assert not np.array_equal(one.samples, other.samples)
    assert one.words == other.words


def test_two_processes_agree(engine: FliteEngine) -> None:
    script = (
        "import hashlib\n"
        "from askqa_builder.speech.engine import Utterance\n"
        "from askqa_builder.speech.engines.flite import FliteEngine\n"
        "engine = FliteEngine()\n"
        "engine.speak([Utterance('Something else first.', 'awb', rate=1.3, seed=8)])\n"
        f"speech = engine.speak([Utterance({SHORT!r}, 'slt', 0.9, 1.0, 2**52 + 3)])[0]\n"
        "print(hashlib.sha256(speech.samples.tobytes()).hexdigest())\n"
    )
    here = say(engine, Utterance(SHORT, "slt", 0.9, 1.0, 2**52 + 3))[0]
    there = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert there.stdout.strip() == hashlib.sha256(here.samples.tobytes()).hexdigest()


# --- rate and pitch ---


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("rate", [0.8, 1.2])
def test_rate_changes_words_a_minute_as_asked(engine: FliteEngine, voice: str, rate: float) -> None:
    normal, changed = say(engine, Utterance(STORY, voice), Utterance(STORY, voice, rate=rate))
    assert spoken_seconds(normal) / spoken_seconds(changed) == pytest.approx(rate, rel=0.03)


@pytest.mark.parametrize("voice", ["slt", "awb", "kal16"])
@pytest.mark.parametrize("pitch", [-3.0, 3.0])
def test_pitch_moves_f0_as_asked(engine: FliteEngine, voice: str, pitch: float) -> None:
    normal, changed = say(engine, Utterance(STORY, voice), Utterance(STORY, voice, pitch=pitch))
    assert 12 * np.log2(median_f0(changed) / median_f0(normal)) == pytest.approx(pitch, abs=0.5)


# --- nothing but speech at both ends ---


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("text", ["Yes.", SHORT, "Unfortunately not.", "A tall man...", STORY * 8])
@pytest.mark.parametrize("rate", [0.7, 1.0])
def test_what_is_not_spoken_is_silent(engine: FliteEngine, voice: str, text: str, rate: float) -> None:
    speech = say(engine, Utterance(text, voice, rate=rate, seed=4))[0]
    edge = round(0.012 * speech.sample_rate)
    first, last = speech.words[0].start, speech.words[-1].end
    assert not speech.samples[: max(first - edge, 0)].any()
    assert not speech.samples[last + edge :].any()
    assert np.abs(np.diff(speech.samples[: first + 16])).max() < 0.02  # no click where it begins
    assert len(text) <= CHARACTERS_A_CALL or speech.samples[first:last].any()


@pytest.mark.parametrize("voice", VOICES)
def test_samples_are_whole_16_bit_numbers(engine: FliteEngine, voice: str) -> None:
    scaled = say(engine, Utterance(SHORT, voice, seed=4))[0].samples * 32768
    assert np.array_equal(scaled, np.rint(scaled))


# --- word times ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the cat and the dog and the cat", ["the", "cat", "and", "the", "dog", "and", "the", "cat"]),
        ("Mr. Smith met Mr. Jones.", ["Mr", "Smith", "met", "Mr", "Jones"]),
        ('"Stop!" she said. "Stop, stop."', ["Stop", "she", "said", "Stop", "stop"]),
        ("He (Tom) went; she: no.", ["He", "Tom", "went", "she", "no"]),
        ("She bought 12 eggs", ["She", "bought", "12", "eggs"]),
        ("I paid 250 twice", ["I", "paid", "250", "250", "250", "twice"]),
        ("a well-known man", ["a", "well-known", "well-known", "man"]),
        ("  two   spaces  ", ["two", "spaces"]),
        ("Hello ... world", ["Hello", "world"]),
        ("Wait... what?!", ["Wait", "what"]),
        ("he the ether he", ["he", "the", "ether", "he"]),
    ],
)
def test_words_point_at_their_characters(engine: FliteEngine, text: str, words: list[str]) -> None:
    assert heard(say(engine, Utterance(text, "kal16"))[0], text) == words


def test_repeated_words_point_at_their_own_place(engine: FliteEngine) -> None:
    text = 'Stop. "Stop," he said, stop!'
    (speech,) = say(engine, Utterance(text, "kal16"))
    assert [word.char_start for word in speech.words] == [0, 7, 14, 17, 23]


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("rate", [0.8, 1.3])
def test_words_are_in_order_and_heard(engine: FliteEngine, voice: str, rate: float) -> None:
    (speech,) = say(engine, Utterance(STORY, voice, rate=rate))
    assert [word.strip(".,") for word in STORY.split()] == heard(speech, STORY)
    power = np.square(speech.samples)
    loud = np.mean(power)
    cursor = 0
    for word in speech.words:
        assert cursor <= word.start < word.end <= len(speech.samples)
        cursor = word.end
        assert np.mean(power[word.start : word.end]) > 0.01 * loud
    assert np.mean(power[: speech.words[0].start // 2]) < 1e-3 * loud


# --- long texts ---


def test_a_long_text_is_spoken_in_pieces(engine: FliteEngine) -> None:
    text = " ".join(f"Sentence {number} is here." for number in ("one", "two", "three", "four", "five") * 15)
    assert len(text) > CHARACTERS_A_CALL
    (speech,) = say(engine, Utterance(text, "kal16", seed=3))
    assert heard(speech, text) == [word.rstrip(".") for word in text.split()]
    places = [word.char_start for word in speech.words]
    assert places == sorted(set(places))
    times = [time for word in speech.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[-1] <= len(speech.samples)
    # The words after the cut stand where they are heard: their samples have energy.
    power = np.square(speech.samples)
    for word in speech.words[-40:]:
        assert np.mean(power[word.start : word.end]) > 0.01 * np.mean(power)


# --- what cannot be spoken ---


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Yes\0 no", "NUL"),
        ("Café", "ASCII"),
        ("...", "no word"),
        ("- - -", "no word"),
        ('""', "no word"),
        ("", "no word"),
        ("  ", "no word"),
    ],
)
def test_what_cannot_be_spoken_costs_itself_only(engine: FliteEngine, text: str, why: str) -> None:
    good = Utterance(SHORT, "kal16", seed=4)
    before, refused, after = engine.speak([good, Utterance(text, "kal16"), good])
    assert isinstance(refused, SpeechError)
    assert why in str(refused)
    assert same(before, after)


def test_a_missing_library_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise OSError("cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(UsageError, match=r"apt-get install libflite1.*espeak") as error:
        FliteEngine()
    assert "\n" not in str(error.value)
    assert flite.ctypes is ctypes
