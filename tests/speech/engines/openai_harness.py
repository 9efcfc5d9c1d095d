"""What the tests of the engine `openai` share."""

from __future__ import annotations

from typing import Any

from speech_server import SpeechServer, encoded

from askqa_builder.speech.engine import Speech, Utterance, checked
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.engines.openai.engine import OpenAIEngine

SHORT = "We saw a small boat on the river."
STORY = (
    "The old man walked slowly down to the harbour, where three small boats were waiting. He had never been "
    "to sea before, but he knew the smell of salt and tar."
)
KEY = "sk-never-to-be-seen-0123456789"


def connect(server: SpeechServer, **options: Any) -> OpenAIEngine:
    """An engine on the server that gives up after a second, unless told otherwise."""
    known = {"base_url": server.url, "model": "flite", "voices": ["slt", "kal16"], "patience": 1, "timeout": 20}
    return OpenAIEngine(**{**known, **options})


def say(engine: OpenAIEngine, *batch: Utterance) -> list[Speech]:
    answers = engine.speak(batch)
    for answer, utterance in zip(answers, batch, strict=True):
        assert isinstance(answer, Speech), answer
        assert checked(answer, utterance, "openai") is answer
    return answers


def pcm(speech: Speech) -> bytes:
    return encoded(speech, "pcm")


def flites(text: str, voice: str = "slt", rate: float = 1.0, pitch: float = 0.0) -> Speech:
    (speech,) = FliteEngine().speak([Utterance(text, voice, rate, pitch)])
    assert isinstance(speech, Speech)
    return speech
