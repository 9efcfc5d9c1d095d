"""What the engine `openai` asks of a model that heeds instructions; the server's pitch tells whether it was told."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import soundfile
from openai_harness import SHORT, connect, flites, pcm, say
from speech_server import HEEDED, SpeechServer

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.speech.engine import Utterance, load_engine
from askqa_builder.speech.instructions import instructions_for
from askqa_builder.speech.prosody import speak_native
from askqa_builder.voices.emotion import SPEAKABLE, Affect
from askqa_builder.voices.reference import Reference, read_reference

HAPPY = Affect("happy", 0.905, 0.755, 0.73)
SAD = Affect("sad", 0.185, 0.365, 0.335)


def test_voices_speak_what_the_option_says(server: SpeechServer) -> None:
    def emotions(**options: Any) -> set[frozenset[str]]:
        return {voice.controls.emotions for voice in connect(server, **options).voices.values()}

    assert emotions() == emotions(emotions=False) == {frozenset()}
    assert emotions(emotions=True) == {frozenset(SPEAKABLE)}
    assert emotions(emotions=["happy", "sad"]) == {frozenset({"happy", "sad"})}


def test_each_utterance_is_asked_for_in_its_own_way(server: SpeechServer) -> None:
    engine = connect(server, emotions=["happy", "sad"])
    (probe,) = server.requests
    assert probe["instructions"] == "Speak in a happy voice, as somebody who feels happy."
    plain, happy, sad, own = batch = [
        Utterance(SHORT, "slt", seed=3),
        Utterance(SHORT, "slt", seed=3, emotion=HAPPY),
        Utterance(SHORT, "slt", seed=3, emotion=SAD),
        Utterance(SHORT, "slt", seed=3, emotion=SAD, instructions="Be sad, on the verge of tears."),
    ]
    body = {"model": "flite", "input": SHORT, "voice": "slt", "response_format": "wav"}
    wanted: dict[Utterance, dict[str, Any]] = {
        plain: body,
        happy: {
            **body,
            "instructions": "Speak in a happy voice, as somebody who feels happy. The feeling is very pleasant. "
            "Keep the energy of your voice high. Sound sure of yourself.",
        },
        sad: {**body, "instructions": instructions_for(SAD)},
        own: {**body, "instructions": "Be sad, on the verge of tears."},
    }
    for one in batch:
        (speech,) = say(engine, one)
        assert server.requests[-1] == wanted[one]
        semitones = HEEDED.get(one.emotion.category or "", 0.0) if one.emotion else 0.0
        assert pcm(speech) == pcm(flites(SHORT, pitch=semitones))
    together = [pcm(speech) for speech in say(engine, *batch)]
    assert together == [pcm(say(engine, one)[0]) for one in batch]
    assert len(set(together)) == 3  # both wordings of sad sound alike to this server


def test_the_options_own_instructions_come_first(server: SpeechServer) -> None:
    engine = connect(server, emotions=True, instructions="Speak British English")
    say(engine, Utterance(SHORT, "slt", emotion=Affect("angry")), Utterance(SHORT, "kal16"))
    told = {request["voice"]: request["instructions"] for request in server.requests[1:]}
    assert told == {
        "slt": "Speak British English\nSpeak in an angry voice, as somebody who feels angry.",
        "kal16": "Speak British English",
    }


def test_every_piece_of_a_long_text_is_told(server: SpeechServer) -> None:
    text = " ".join([SHORT] * 8)
    say(connect(server, emotions=True, most_characters=120), Utterance(text, "slt", emotion=HAPPY))
    pieces = server.requests[1:]
    assert len(pieces) > 1
    assert {piece["instructions"] for piece in pieces} == {instructions_for(HAPPY)}


def test_an_emotion_does_not_change_the_seed(server: SpeechServer) -> None:
    engine = connect(server, emotions=True, seed=True, concurrency=1)
    batch = [Utterance(SHORT, "slt", seed=seed, emotion=emotion) for seed in (4, 5) for emotion in (None, HAPPY)]
    first = [pcm(speech) for speech in say(engine, *batch)]
    seeds = [request["seed"] for request in server.requests[1:]]
    assert seeds[0] == seeds[1] != seeds[2] == seeds[3]
    assert [pcm(speech) for speech in say(connect(server, emotions=True, seed=True), *batch)] == first
    assert len(set(first)) == 4


def test_the_field_may_have_another_name(server: SpeechServer) -> None:
    engine = connect(server, emotions=True, instructions="Calmly.", instructions_field="instruct")
    say(engine, Utterance(SHORT, "slt", emotion=Affect("sad")))
    request = server.requests[-1]
    assert request["instruct"] == "Calmly.\nSpeak in a sad voice, as somebody who feels sad."
    assert "instructions" not in request


def test_a_server_that_takes_no_instructions_is_told_of_at_once(server: SpeechServer) -> None:
    server.refused = "instructions"
    with pytest.raises(UsageError, match=r"does not speak in the voice 'slt': .*instructions"):
        connect(server, emotions=True)
    connect(server)


def test_a_voice_that_was_not_said_to_speak_an_emotion_is_not_asked(server: SpeechServer) -> None:
    engine = connect(server, emotions=["happy"])
    asked = len(server.requests)
    with pytest.raises(UsageError, match="voice 'slt' cannot speak 'sad'"):
        speak_native(engine, [Utterance(SHORT, "slt", emotion=SAD)])
    assert len(server.requests) == asked


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"emotions": ["joyful"]}, "emotions: ['joyful'] is not allowed; give true, false, or a list of angry"),
        ({"emotions": ["other"]}, "emotions: ['other'] is not allowed"),
        ({"emotions": []}, "emotions: [] is not allowed"),
        ({"emotions": "happy"}, "emotions: 'happy' is not allowed"),
        ({"emotions": [["happy"]]}, "emotions: [['happy']] is not allowed"),
        ({"instructions_field": "voice"}, "instructions_field: 'voice' is not allowed"),
        ({"instructions_field": ""}, "instructions_field: '' is not allowed"),
        ({"instructions_field": "style", "extra_body": {"style": 1}}, "extra_body: 'style' is filled"),
    ],
)
def test_options_are_checked(server: SpeechServer, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        connect(server, **options)
    assert message in str(caught.value)
    assert not server.requests


# --- cloned voices ---


@pytest.fixture
def anna(tmp_path: Path) -> Reference:
    clips = {}
    for name, voice in (("anna", "slt"), ("glad", "rms")):
        soundfile.write(tmp_path / f"{name}.wav", flites(SHORT, voice).samples, 16000)
        clips[name] = read_reference(tmp_path / f"{name}.wav", "here", "anna", f"I am {name}.", None)
    plain = clips["anna"]
    return Reference("anna", plain.file, plain.sha256, plain.text, None, plain.path, {"happy": clips["glad"]})


def test_a_clip_of_the_emotion_is_cloned(server: SpeechServer, anna: Reference) -> None:
    engine = load_engine("openai", {"base_url": server.url, "model": "flite"}, references={"anna": anna})
    assert engine.voices["anna"].controls.emotions == {"happy", "neutral"}
    for emotion, file, text in (
        (None, "anna.wav", "I am anna."),
        (Affect("neutral"), "anna.wav", "I am anna."),
        (HAPPY, "glad.wav", "I am glad."),
    ):
        (speech,) = engine.speak([Utterance(SHORT, "anna", emotion=emotion, instructions="Not told.")])
        assert not isinstance(speech, SpeechError)
        request = server.requests[-1]
        assert base64.b64decode(request["ref_audio"].partition(",")[2]) == (anna.path.parent / file).read_bytes()
        assert request["ref_text"] == text
        assert not {"voice", "instructions"} & request.keys()


def test_a_model_that_clones_may_be_told_as_well(server: SpeechServer, anna: Reference) -> None:
    options = {"base_url": server.url, "model": "flite", "emotions": ["happy", "angry"]}
    engine = load_engine("openai", options, references={"anna": anna})
    assert engine.voices["anna"].controls.emotions == {"angry", "happy", "neutral"}
    for category, text in (("happy", "I am glad."), ("angry", "I am anna.")):
        engine.speak([Utterance(SHORT, "anna", emotion=Affect(category))])
        assert server.requests[-1]["ref_text"] == text
        assert server.requests[-1]["instructions"] == instructions_for(Affect(category))
