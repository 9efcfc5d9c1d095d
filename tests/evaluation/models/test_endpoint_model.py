"""A chat endpoint that hears: what is sent, and what becomes of what comes back."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
import soundfile
from chat_server import CRASHING, GARBAGE, REFUSED, ChatServer
from model_requests import asked, noise

from askqa_builder.chat.options import ChatOptions
from askqa_builder.errors import EngineError, UsageError
from askqa_builder.evaluation.models.endpoint import EndpointModel
from askqa_builder.evaluation.models.model import OutOfReachError, identity_of


def connected(server: ChatServer, system: str | None = None, seed: int = 0, **options: Any) -> EndpointModel:
    known = {"base_url": server.url, "model": "parrot", "patience": 0.5, "timeout": 20}
    return EndpointModel(ChatOptions.read({**known, **options}), system, seed)


@pytest.fixture
def model(chat_server: ChatServer) -> Iterator[EndpointModel]:
    with closing(connected(chat_server)) as found:
        yield found


def parts_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = request["messages"][-1]["content"]
    return parts


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (22050, 1), (8000, 2)])
def test_the_server_gets_each_clip_as_a_wav_of_its_very_samples(
    chat_server: ChatServer, model: EndpointModel, rate: int, channels: int
) -> None:
    clips = [noise(0.7, 1, rate, channels), noise(1.3, 2, rate, channels)]
    response = model.respond(asked(clips=clips, sampling_rate=rate, prompt="What now?"))
    (request,) = chat_server.requests
    *sounds, text = parts_of(request)
    assert text == {"type": "text", "text": "What now?"}
    assert [part["input_audio"]["format"] for part in sounds] == ["wav", "wav"]
    for part, clip in zip(sounds, clips, strict=True):
        data = base64.b64decode(part["input_audio"]["data"], validate=True)
        assert data[:4] == b"RIFF"
        samples, told = soundfile.read(io.BytesIO(data), dtype="int16")
        assert told == rate
        assert np.array_equal(samples, clip)
    assert (response.text, response.unfit) == ("heard:   What now?", None)
    assert (response.prompt_tokens, response.completion_tokens) == (7, 3)


def test_a_request_without_clips_is_plain_text(chat_server: ChatServer, model: EndpointModel) -> None:
    model.respond(asked(clips=(), prompt="Only text."))
    assert chat_server.requests[0]["messages"] == [{"role": "user", "content": "Only text."}]


def test_the_model_is_asked_as_it_is_configured(chat_server: ChatServer) -> None:
    own = connected(chat_server, "Be brief.", 41, temperature=0.7, max_tokens=99, extra_body={"top_k": 3})
    with closing(own):
        own.respond(asked())
    request = chat_server.requests[0]
    assert request["messages"][0] == {"role": "system", "content": "Be brief."}
    settings = {name: value for name, value in request.items() if name != "messages"}
    assert settings == {"model": "parrot", "temperature": 0.7, "max_tokens": 99, "seed": 41, "top_k": 3}


@pytest.mark.parametrize(
    ("said", "text", "unfit"),
    [
        ({"finish_reason": "length", "message": {"content": "It was green, and"}}, "It was green, and", "cut_off"),
        ({"finish_reason": "length", "message": {"content": "<think>It was"}}, "", "cut_off"),
        ({"finish_reason": "content_filter", "message": {"content": "It"}}, "", "filtered"),
        ({"message": {"content": None, "refusal": "I will not."}}, "", "refused"),
        ("   ", "", "empty"),
        ("\ud800", "", "not_text"),
        ("<think>Hm.</think> green ", "green", None),
    ],
)
def test_what_a_model_says_is_what_counts(
    chat_server: ChatServer, model: EndpointModel, said: Any, text: str, unfit: str | None
) -> None:
    chat_server.always = said
    response = model.respond(asked())
    assert (response.text, response.unfit) == (text, unfit)
    assert (response.prompt_tokens, response.completion_tokens) == (7, 3)
    assert len(chat_server.requests) == 1


@pytest.mark.parametrize("word", [REFUSED, CRASHING])
def test_a_request_that_the_server_alone_fails_at_is_no_response(
    chat_server: ChatServer, model: EndpointModel, word: str
) -> None:
    assert model.respond(asked()).text
    with pytest.raises(OutOfReachError, match="does not answer this question"):
        model.respond(asked(prompt=word))
    assert model.respond(asked()).text


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_asked_for_again_and_is_no_response(chat_server: ChatServer, garbage: str) -> None:
    with closing(connected(chat_server, patience=20)) as model:
        chat_server.faults.append(garbage)
        assert model.respond(asked()).unfit is None
        assert len(chat_server.requests) == 2
        chat_server.faults.extend([garbage] * 3)
        with pytest.raises(OutOfReachError):
            model.respond(asked())


@pytest.mark.parametrize("faults", [[429], [500, 503], ["cut", "cut"], ["slow"], ["drip"], [502, "html", "cut"]])
def test_a_fault_that_passes_leaves_no_trace(chat_server: ChatServer, faults: list[Any]) -> None:
    chat_server.faults.extend(faults)
    chat_server.retry_after = "1"
    with closing(connected(chat_server, patience=20, timeout=1)) as model:
        response = model.respond(asked(prompt="Who?"))
    assert (response.text.split(), response.unfit) == (["heard:", "Who?"], None)
    assert len(chat_server.requests) == len(faults) + 1


def test_a_server_that_is_gone_ends_all(chat_server: ChatServer, model: EndpointModel) -> None:
    assert model.respond(asked()).text
    chat_server.stop()
    with pytest.raises(EngineError, match="run the same command again"):
        model.respond(asked())


def test_a_server_without_the_model_is_wrong_set_up(chat_server: ChatServer) -> None:
    with closing(connected(chat_server, model="nobody")) as model, pytest.raises(UsageError, match="does not exist"):
        model.respond(asked())


def test_its_identity_is_all_that_may_change_a_response_and_no_secret(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY_OF_MINE", "sk-0123456789")
    chat_server.key = "sk-0123456789"

    def identity(**options: Any) -> str:
        with closing(connected(chat_server, **{"api_key_variable": "SECRET_KEY_OF_MINE", **options})) as model:
            assert model.respond(asked()).text
            return json.dumps(identity_of(model), sort_keys=True)

    plain = identity()
    assert "sk-" not in plain
    assert chat_server.url.removeprefix("http://") not in plain
    others = {"temperature": 0.5, "max_tokens": 5, "system": "Be brief.", "seed": 3, "extra_body": {"top_k": 1}}
    changed = [identity(**{name: value}) for name, value in others.items()]
    assert len({plain, *changed}) == 1 + len(others)
    assert identity(concurrency=2, timeout=3, patience=9, tries=1) == plain
