"""A recogniser and a model that reads: with PocketSphinx on real speech, and a chat server."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_server import ChatServer
from model_requests import HeardElsewhere, asked, noise

from askqa_builder.evaluation.models.cascade import Cascade
from askqa_builder.evaluation.models.model import Request, Response
from askqa_builder.evaluation.models.prompts import load_prompts
from askqa_builder.evaluation.models.registry import Choice, open_subject
from askqa_builder.evaluation.models.sound import Sound
from askqa_builder.evaluation.models.subject import Subject
from askqa_builder.recognition.error_rate import error_rate
from askqa_builder.recognition.recogniser import Clip, ListenerInfo
from askqa_builder.speech.engine import Speech, Utterance, load_engine

SENTENCES = ["The old fisherman went home before the storm.", "Where did the children find the small boat?"]


@pytest.fixture(scope="module")
def spoken() -> tuple[list[Sound], int]:
    """The sentences in flite's voice, as clips."""
    clips, rate = [], 0
    for speech in load_engine("flite").speak([Utterance(text, "rms") for text in SENTENCES]):
        assert isinstance(speech, Speech)
        clips.append(np.rint(speech.samples * 32767).astype(np.int16))
        rate = speech.sample_rate
    return clips, rate


@contextmanager
def opened(choice: Choice) -> Iterator[Subject]:
    subject = open_subject(choice)
    try:
        yield subject
    finally:
        subject.close()


@pytest.fixture(params=["kind", "control"])
def cascade(request: pytest.FixtureRequest, chat_server: ChatServer, tmp_path: Path) -> Iterator[Subject]:
    """PocketSphinx before the server's model: as a model of its own, and as a control of the same one."""
    pytest.importorskip("pocketsphinx", reason="the asr extra is not installed")
    file = tmp_path / "model.yaml"
    own = f"model: parrot\nbase_url: {chat_server.url}\nsystem: Be brief.\n"
    if request.param == "kind":
        file.write_text(f"kind: cascade\nrecogniser: pocketsphinx\n{own}", "utf-8")
        choice = Choice(str(file))
    else:
        file.write_text(f"kind: endpoint\n{own}", "utf-8")
        choice = Choice(str(file), "cascade", recogniser="pocketsphinx")
    with opened(choice) as found:
        yield found


def test_the_model_reads_what_was_recognised_and_hears_nothing(
    cascade: Subject, chat_server: ChatServer, spoken: tuple[list[Sound], int]
) -> None:
    clips, rate = spoken
    chat_server.always = "By the sea."
    response = cascade.respond(cascade.prepared(asked(clips=clips, sampling_rate=rate), None, HeardElsewhere()))
    assert response.text == "By the sea."
    assert response.heard is not None
    lines = response.heard.split("\n")
    rates = [error_rate(text, line) for text, line in zip(SENTENCES, lines, strict=True)]
    assert all(wrong is not None and wrong < 0.6 for wrong in rates), rates
    system, asked_for = chat_server.requests[0]["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert response.heard in asked_for["content"]
    assert "What colour was it?" not in asked_for["content"]
    assert (response.prompt_tokens, response.completion_tokens) == (7, 3)
    assert "pocketsphinx" in str(cascade.identity)


def test_both_channels_are_recognised(cascade: Subject, spoken: tuple[list[Sound], int]) -> None:
    (first, second), rate = spoken
    stereo = np.zeros((len(first) + len(second), 2), np.int16)
    stereo[: len(first), 0], stereo[len(first) :, 1] = first, second
    both, mono = (
        cascade.respond(cascade.prepared(asked(clips=[clip], sampling_rate=rate), None, HeardElsewhere()))
        for clip in (stereo, np.concatenate([first, second]))
    )
    assert both.heard == mono.heard
    assert both.heard


class CountingRecogniser:
    """Counts, and tells if two ask at once."""

    info = ListenerInfo("counting", "none", "1", "m", None, "none")
    appetite: Any = None

    def __init__(self) -> None:
        self.heard: list[tuple[int, int]] = []
        self._alone = threading.Lock()
        self.closed = False

    def transcribe(self, batch: Sequence[Clip]) -> list[str]:
        assert self._alone.acquire(blocking=False)
        self.heard.extend((len(clip.samples), clip.sample_rate) for clip in batch)
        self._alone.release()
        return [f"{len(clip.samples)} samples" for clip in batch]

    def close(self) -> None:
        self.closed = True


class Echo:
    """Says what it reads."""

    concurrency = 8

    def respond(self, request: Request) -> Response | str:
        assert not request.clips
        assert not request.turns
        return request.prompt


def test_a_clip_is_recognised_once_by_one_thread_at_a_time() -> None:
    recogniser = CountingRecogniser()
    cascade = Cascade(Echo(), recogniser, load_prompts())
    assert cascade.concurrency == 8
    story, questions = noise(0.5), [noise(0.1 + i / 100, i) for i in range(5)]
    requests = [asked(clips=[story, question]) for question in questions] * 4
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(cascade.respond, requests))
    assert sorted(recogniser.heard) == sorted((len(clip), 16000) for clip in [story, *questions])
    for request, response in zip(requests, responses, strict=True):
        assert response.heard == "\n".join(f"{len(clip)} samples" for clip in request.clips)
        assert response.heard in response.text
    cascade.respond(asked(clips=[story], sampling_rate=8000))
    assert recogniser.heard[-1] == (len(story), 8000)
    cascade.close()
    assert recogniser.closed


def test_a_story_that_is_read_stands_before_what_was_recognised() -> None:
    cascade = Cascade(Echo(), CountingRecogniser(), load_prompts())
    response = cascade.respond(asked(clips=[noise(0.1)], story="A girl drew two books."))
    assert response.text.index("Story: A girl drew two books.") < response.text.index("1600 samples")
    assert response.heard == "1600 samples"


def test_who_reads_is_let_read_the_prompt_as_it_is() -> None:
    class Reader:
        def respond(self, request: Request) -> str:
            return request.prompt

    class Deaf:
        def close(self) -> None:
            pass

    cascade = Cascade(Reader(), Deaf(), load_prompts())  # type: ignore[arg-type]
    assert cascade.respond(asked(clips=(), prompt="The transcript.")) == "The transcript."


def test_labels_of_how_it_is_said_come_before_what_was_understood() -> None:
    cascade = Cascade(Echo(), CountingRecogniser(), load_prompts())
    plain, labelled = (cascade.respond(asked(metadata=told)) for told in (None, "[labels]"))
    assert isinstance(plain, Response)
    assert isinstance(labelled, Response)
    assert labelled.text == labelled.prompt == f"[labels]\n\n{plain.text}"
    assert labelled.heard == plain.heard
