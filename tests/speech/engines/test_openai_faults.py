"""What the server does wrong: what passes leaves no trace, what stays has the right culprit."""

from __future__ import annotations

import pytest
from openai_harness import SHORT, STORY, connect, flites, pcm, say
from speech_server import CRASHING, REFUSED, SpeechServer

from askqa_builder.errors import EngineError, SpeechError, UsageError
from askqa_builder.speech.engine import Speech, Utterance

# --- faults that pass, and faults that do not ---


@pytest.mark.parametrize(
    "faults",
    [
        [503, 503, 500],
        [429],
        ["cut", "cut"],
        ["half", "empty"],
        ["html"],
        ["scale"],
        ["silence"],
        ["other rate"],
        [502, "cut", "html"],
    ],
)
def test_a_fault_that_passes_leaves_no_trace(server: SpeechServer, faults: list[int | str]) -> None:
    engine = connect(server, patience=20)
    server.faults.extend(faults)
    (speech,) = say(engine, Utterance(SHORT, "slt"))
    assert pcm(speech) == pcm(flites(SHORT))
    assert len(server.requests) == 1 + len(faults) + 1


def test_speech_that_stops_early_is_asked_for_again(server: SpeechServer) -> None:
    engine = connect(server, patience=20)
    server.faults.append("short")
    (speech,) = say(engine, Utterance(STORY, "slt"))
    assert pcm(speech) == pcm(flites(STORY))


def test_an_answer_beyond_the_timeout_is_asked_for_again(server: SpeechServer) -> None:
    engine = connect(server, timeout=1, patience=20)
    server.faults.append("slow")
    (speech,) = say(engine, Utterance(SHORT, "slt"))
    assert pcm(speech) == pcm(flites(SHORT))
    assert len(server.requests) == 3


def test_the_servers_wish_to_wait_is_granted(server: SpeechServer) -> None:
    engine = connect(server, patience=20)
    server.retry_after = "2"
    server.faults.append(429)
    assert pcm(say(engine, Utterance(SHORT, "slt"))[0]) == pcm(flites(SHORT))
    impatient = connect(server, patience=1)
    server.faults.append(429)
    with pytest.raises(EngineError, match="429 Too Many Requests"):
        impatient.speak([Utterance(SHORT, "slt")])
    assert not server.faults


def test_a_header_that_cannot_know_the_size_is_no_fault(server: SpeechServer) -> None:
    engine = connect(server)
    server.faults.append("streamed")
    assert pcm(say(engine, Utterance(SHORT, "slt"))[0]) == pcm(flites(SHORT))
    assert len(server.requests) == 2


@pytest.mark.parametrize("word", [REFUSED, CRASHING])
def test_a_text_that_the_server_does_not_speak_costs_itself_only(server: SpeechServer, word: str) -> None:
    engine = connect(server)
    before, refused, after = engine.speak([Utterance(text, "slt") for text in (SHORT, f"He said {word}.", SHORT)])
    assert isinstance(refused, SpeechError)
    assert "does not speak this text" in str(refused)
    assert "127.0.0.1" not in str(refused)
    assert isinstance(before, Speech)
    assert isinstance(after, Speech)
    assert pcm(before) == pcm(after) == pcm(flites(SHORT))


def test_nonsense_for_one_text_is_its_fault_and_for_all_the_servers(server: SpeechServer) -> None:
    engine = connect(server, patience=20)
    server.faults.extend(["html"] * 3)
    (answer,) = engine.speak([Utterance(SHORT, "slt")])
    assert isinstance(answer, SpeechError)
    assert "text/html" in str(answer)
    server.faults.extend(["html"] * 6)
    with pytest.raises(EngineError, match="run the same command again"):
        engine.speak([Utterance(SHORT, "slt")])


def test_a_server_that_stays_away_is_nobodys_text(server: SpeechServer) -> None:
    engine = connect(server)
    say(engine, Utterance(SHORT, "slt"))
    server.stop()
    with pytest.raises(EngineError) as caught:
        engine.speak([Utterance(SHORT, "slt"), Utterance(STORY, "kal16")])
    assert server.url in str(caught.value)
    assert "run the same command again" in str(caught.value)
    server.start()
    assert pcm(say(engine, Utterance(SHORT, "slt"))[0]) == pcm(flites(SHORT))


def test_an_overloaded_server_is_nobodys_text(server: SpeechServer) -> None:
    engine = connect(server)
    server.faults.extend([503] * 4)
    with pytest.raises(EngineError, match="503 Service Unavailable"):
        engine.speak([Utterance(SHORT, "slt")])


def test_a_voice_the_server_lacks_is_wrong_set_up(server: SpeechServer) -> None:
    with pytest.raises(UsageError, match=r"voice 'nobody'.*not found at … or …"):
        connect(server, voices=["nobody"])
    engine = connect(server, voices=["slt", "nobody"])
    with pytest.raises(UsageError, match="does not speak in the voice 'nobody'"):
        engine.speak([Utterance(SHORT, "nobody")])
