from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import espeakng_loader
import numpy as np
import parselmouth
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.speech.engine import Speech, Utterance
from askqa_builder.speech.engines.espeak import engine as espeak
from askqa_builder.speech.engines.espeak.engine import EspeakEngine

STORY = (
    "The old man walked slowly down to the harbour, where three small boats were waiting. He had never been "
    "to sea before, but he knew the smell of salt and tar. His daughter, who lived far away in the city, had "
    "sent him a letter: come and stay with us before the winter begins. "
)
LONG = "Nobody knows the trouble. " * 2310


@pytest.fixture(scope="module")
def engine() -> Iterator[EspeakEngine]:
    made = EspeakEngine()
    yield made
    made.close()


def said(answer: Speech | SpeechError) -> Speech:
    assert isinstance(answer, Speech), answer
    return answer


def say(engine: EspeakEngine, *batch: Utterance) -> list[Speech]:
    return [said(answer) for answer in engine.speak(batch)]


def refusal(engine: EspeakEngine, text: str, voice: str = "en-us") -> str:
    (answer,) = engine.speak([Utterance(text, voice)])
    assert isinstance(answer, SpeechError)
    return str(answer)


def servers() -> list[psutil.Process]:
    """The servers that this process started."""
    return [child for child in psutil.Process().children() if "espeak/server.py" in " ".join(child.cmdline())]


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def while_speaking(server: psutil.Process, action: Callable[[psutil.Process], None]) -> threading.Thread:
    """Apply `action` to the server's speaking child as soon as it has one."""

    def act() -> None:
        assert eventually(server.children)
        action(server.children()[0])

    thread = threading.Thread(target=act)
    thread.start()
    return thread


# --- the same utterance gives the same samples ---

MIXED = [
    Utterance("Was he old?", "en-us+f3"),
    Utterance("Yes, he was.", "en-gb-scotland", rate=1.3, pitch=2.0),
    Utterance(STORY, "en-us", rate=0.9),
    Utterance("Which city?", "en-us+klatt4", pitch=-3.0),
    Utterance("Guten Tag, sagte er.", "de"),
    Utterance("He kept it.", "en-gb+whisper"),
    Utterance("A letter, from his daughter.", "en-us+Storm"),
    Utterance("Was he old?", "en-us+f3"),
]


def test_samples_depend_on_the_utterance_only(engine: EspeakEngine) -> None:
    together = say(engine, *MIXED)
    alone = [say(engine, utterance)[0] for utterance in MIXED]
    backwards = say(engine, *MIXED[::-1])[::-1]
    time.sleep(1.1)  # espeak-ng seeds its noise with the second in which it starts
    other = EspeakEngine()
    elsewhere = say(other, *MIXED[3:], *MIXED[:3])
    other.close()
    for a, b, c, d in zip(together, alone, backwards, elsewhere[5:] + elsewhere[:5], strict=True):
        for repeated in (b, c, d):
            np.testing.assert_array_equal(a.samples, repeated.samples)
            assert a.words == repeated.words
    np.testing.assert_array_equal(together[0].samples, together[-1].samples)


def test_environment_changes_nothing(engine: EspeakEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.setenv("ESPEAK_DATA_PATH", "/nonexistent")
    monkeypatch.setenv("PYTHONSTARTUP", "/nonexistent")
    other = EspeakEngine()
    np.testing.assert_array_equal(say(engine, MIXED[2])[0].samples, say(other, MIXED[2])[0].samples)
    other.close()


def test_format_of_speech(engine: EspeakEngine) -> None:
    (speech,) = say(engine, Utterance(STORY, "en-us"))
    assert speech.sample_rate == engine.info.sample_rate == 22050
    assert speech.samples.dtype == np.float32
    assert speech.samples.ndim == 1
    assert 0.05 < np.abs(speech.samples).max() <= 1.0


# --- voices ---


def test_voices_are_distinct(engine: EspeakEngine) -> None:
    names = ["en-us", "en-us+f3", "en-gb", "en-gb-scotland", "en-us+Andrea", "en-us+Mr serious", "de"]
    heard = {speech.samples.tobytes() for speech in say(engine, *(Utterance("No, never.", n) for n in names))}
    assert len(heard) == len(names)


def test_catalogue(engine: EspeakEngine) -> None:
    assert 850 <= len(engine.voices) <= 1000
    andrea = engine.voices["en-gb-scotland+Andrea"]
    assert (andrea.gender, andrea.accent, andrea.language) == ("female", "Scotland", "en-gb-scotland")
    assert engine.voices["en-us"].gender is None  # espeak's list says male, but only by default
    assert engine.voices["de"].accent is None
    assert all(name == voice.name for name, voice in engine.voices.items())


def test_missing_library_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(UsageError, match=r'pip install "askqa-builder\[espeak\]"'):
        EspeakEngine()


def test_long_data_path(engine: EspeakEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    (deep / "data").symlink_to(espeakng_loader.get_data_path())
    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: deep / "data")
    other = EspeakEngine()
    np.testing.assert_array_equal(say(engine, MIXED[0])[0].samples, say(other, MIXED[0])[0].samples)
    other.close()


def test_broken_data_is_said_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: str(tmp_path))
    before = len(servers())
    with pytest.raises(UsageError, match="espeak does not start"):
        EspeakEngine()
    assert len(servers()) == before


# --- words ---


def spoken_words(text: str, speech: Speech) -> list[str]:
    return [text[word.char_start : word.char_end] for word in speech.words]


def check_words(text: str, speech: Speech) -> None:
    last_sample = last_character = 0
    for word in speech.words:
        assert last_sample <= word.start < word.end <= len(speech.samples)
        assert last_character <= word.char_start < word.char_end <= len(text)
        last_sample, last_character = word.end, word.char_end


def test_every_word_has_its_time(engine: EspeakEngine) -> None:
    (speech,) = say(engine, Utterance(STORY, "en-gb+f2"))
    check_words(STORY, speech)
    assert spoken_words(STORY, speech) == [word.strip(",.:") for word in STORY.split()]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("He left -- in 1986.", ["He", "left", "in", "1986"]),
        ("Out of the house, to be there.", ["Out", "of", "the", "house", "to", "be", "there"]),
        ('"Don\'t," she said: 3.5 well-known men.', ["Don't", "she", "said", "3.5", "well-known", "men"]),
        ("a café, 你好 \ud800 naïve", ["a", "café", "你好", "naïve"]),
        ("   1234567 things   ", ["1234567", "things"]),
    ],
)
def test_words_point_into_the_text(engine: EspeakEngine, text: str, words: list[str]) -> None:
    (speech,) = say(engine, Utterance(text, "en-us"))
    check_words(text, speech)
    assert spoken_words(text, speech) == words


def test_words_are_where_the_sound_is(engine: EspeakEngine) -> None:
    (speech,) = say(engine, Utterance("Stop. Go. Stop.", "en-us"))
    covered = np.zeros(len(speech.samples), dtype=bool)
    for word in speech.words:
        covered[word.start : word.end] = True
        assert np.abs(speech.samples[word.start : word.end]).max() > 0.05
    assert np.abs(speech.samples[~covered]).max() < 0.005
    assert covered.mean() < 0.8  # the pauses between sentences belong to no word


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_spoken_or_refused(engine: EspeakEngine, text: str) -> None:
    (answer,) = engine.speak([Utterance(text, "en-us")])
    if isinstance(answer, Speech):
        check_words(text, answer)


# --- rate and pitch ---


@pytest.mark.parametrize("rate", [0.7, 1.2, 1.4])
def test_rate(engine: EspeakEngine, rate: float) -> None:
    text = STORY * 4
    plain, changed = say(engine, Utterance(text, "en-us"), Utterance(text, "en-us", rate=rate))
    lengths = [speech.words[-1].end - speech.words[0].start for speech in (plain, changed)]
    assert lengths[0] / lengths[1] == pytest.approx(rate, rel=0.04)


def median_f0(speech: Speech) -> float:
    sound = parselmouth.Sound(speech.samples.astype(np.float64), speech.sample_rate)
    track = sound.to_pitch_ac(time_step=0.01, pitch_floor=50.0, pitch_ceiling=500.0)
    frequencies = track.selected_array["frequency"]
    return float(np.median(frequencies[frequencies > 0]))


@pytest.mark.parametrize(
    "voice", ["en-us", "en-gb", "en-gb-scotland", "en-us+m3", "en-gb+f2", "en-us+klatt", "en-us+Annie"]
)
def test_pitch(engine: EspeakEngine, voice: str) -> None:
    text = STORY[:180]
    shifts = (-3.0, 0.0, 3.0)
    low, own, high = map(median_f0, say(engine, *(Utterance(text, voice, pitch=shift) for shift in shifts)))
    assert 12 * np.log2(low / own) == pytest.approx(-3.0, abs=0.4)
    assert 12 * np.log2(high / own) == pytest.approx(3.0, abs=0.4)


# --- what cannot be spoken ---


def test_refusals_name_the_text_and_spare_the_rest(engine: EspeakEngine) -> None:
    batch = [Utterance(t, "en-us") for t in ("Yes.", "a\0b", "...", "No.")] + [Utterance("Hm.", "en-us+nobody")]
    answers = engine.speak(batch)
    assert [isinstance(answer, Speech) for answer in answers] == [True, False, False, True, False]
    assert "NUL" in str(answers[1])
    assert "'...'" in str(answers[2])
    assert "en-us+nobody" in str(answers[4])
    assert "nothing was spoken" in refusal(engine, "")


@pytest.mark.parametrize("mark", ["\x01", "\uf001"])
def test_text_is_never_a_command(engine: EspeakEngine, mark: str) -> None:
    commanded, plain = say(engine, *(Utterance(f"One {m}99P two.", "en-us") for m in (mark, " ")))
    np.testing.assert_array_equal(commanded.samples, plain.samples)


def test_markup_is_read_as_text(engine: EspeakEngine) -> None:
    text = "One <break time='3s'/> [[h@'loU]] two."
    (speech,) = say(engine, Utterance(text, "en-us"))
    assert {"One", "break", "time", "two"} <= set(spoken_words(text, speech))


def test_a_very_long_text(engine: EspeakEngine) -> None:
    text = f"{'No, never.':<60}" * 1000
    (speech,) = say(engine, Utterance(text, "en-us", rate=2.0))
    assert spoken_words(text, speech) == ["No", "never"] * 1000


# --- processes ---


@pytest.fixture
def own() -> Iterator[tuple[EspeakEngine, psutil.Process]]:
    """An engine of its own and its server."""
    others = {server.pid for server in servers()}
    made = EspeakEngine()
    (server,) = [server for server in servers() if server.pid not in others]
    yield made, server
    made.close()


def test_a_server_that_dies_is_replaced(own: tuple[EspeakEngine, psutil.Process]) -> None:
    engine, server = own
    (before,) = say(engine, MIXED[0])
    server.kill()
    (after,) = say(engine, MIXED[0])
    np.testing.assert_array_equal(before.samples, after.samples)


def test_a_server_that_dies_while_speaking_is_replaced(own: tuple[EspeakEngine, psutil.Process]) -> None:
    engine, server = own
    batch = [Utterance(LONG[:3000], "en-us"), MIXED[0]]
    thread = while_speaking(server, lambda _: server.kill())
    interrupted = say(engine, *batch)
    thread.join()
    for a, b in zip(interrupted, say(engine, *batch), strict=True):
        np.testing.assert_array_equal(a.samples, b.samples)


def test_a_crash_costs_one_utterance(own: tuple[EspeakEngine, psutil.Process]) -> None:
    engine, server = own
    thread = while_speaking(server, lambda child: child.send_signal(signal.SIGSEGV))
    crashed, spared = engine.speak([Utterance(LONG, "en-us"), MIXED[0]])
    thread.join()
    assert isinstance(crashed, SpeechError)
    assert "SIGSEGV" in str(crashed)
    assert "Nobody knows" in str(crashed)
    assert isinstance(spared, Speech)
    assert server.is_running()


def test_a_hang_costs_one_utterance(own: tuple[EspeakEngine, psutil.Process], monkeypatch: pytest.MonkeyPatch) -> None:
    engine, server = own
    monkeypatch.setattr(espeak, "SECONDS_ALLOWED", 0.3)
    thread = while_speaking(server, lambda child: child.suspend())
    hung, spared = engine.speak([Utterance(STORY, "en-us"), MIXED[0]])
    thread.join()
    assert isinstance(hung, SpeechError)
    assert "longer than" in str(hung)
    assert isinstance(spared, Speech)
    assert eventually(lambda: not server.children())


def test_interrupt_signal_does_not_end_the_server(own: tuple[EspeakEngine, psutil.Process]) -> None:
    engine, server = own
    server.send_signal(signal.SIGINT)
    assert say(engine, MIXED[0])
    assert server.is_running()


def test_an_abandoned_batch_does_not_mix_answers(
    own: tuple[EspeakEngine, psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, _ = own
    expected = say(engine, MIXED[3])[0]

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(espeak, "word_times", interrupted)
        with pytest.raises(KeyboardInterrupt):
            engine.speak(MIXED)
    np.testing.assert_array_equal(say(engine, MIXED[3])[0].samples, expected.samples)


def test_closing_ends_the_server(own: tuple[EspeakEngine, psutil.Process]) -> None:
    engine, server = own
    engine.close()
    assert not server.is_running()
    engine.close()
    assert say(engine, MIXED[0])  # and speaking starts another


def test_the_server_outlives_no_client() -> None:
    program = (
        "from askqa_builder.speech.engine import Utterance\n"
        "from askqa_builder.speech.engines.espeak.engine import EspeakEngine\n"
        "engine = EspeakEngine(); print('ready', flush=True)\n"
        f"engine.speak([Utterance({LONG!r}, 'en-us')] * 9)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        client.stdout.readline()
        (server,) = psutil.Process(client.pid).children()
        assert eventually(server.children)
        family = [server, *server.children()]
        client.kill()
    assert eventually(lambda: not any(map(alive, family)))


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_word_whose_first_phoneme_the_accent_drops_is_still_timed(engine: EspeakEngine) -> None:
    """In New York's accent "humans" starts without its h, and espeak-ng reports no word for it."""
    alone, first = engine.speak(
        [Utterance("humans", "en-us-nyc+miguel"), Utterance("Humans are kind.", "en-us-nyc+miguel")]
    )
    assert isinstance(alone, Speech)
    assert isinstance(first, Speech)
    assert [(word.char_start, word.char_end) for word in alone.words] == [(0, 6)]
    assert [(word.char_start, word.char_end) for word in first.words] == [(0, 6), (7, 10), (11, 15)]
    assert all(word.start < word.end for word in first.words)
