"""A chat server on 127.0.0.1 that knows, from prompt and sound alone, which example of a set it is asked about."""

from __future__ import annotations

import io
import json
import threading
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import soundfile
from chat_server import completion, last_words
from loopback_server import JSON, Fault, LoopbackHandler, LoopbackServer, closing
from task_sets import examples_of

from askqa_builder.tasks.example import Example

PROBE = "Say yes."


class SetServer(LoopbackServer):
    """examples: of the set, by id. known: by prompt and sound, with labels of how it is said and without.

    says: what it answers to one. failing: faults of an example, first to last, or one that happens each time. hold: the
    example at which it says nothing until `release` is set; held: set when that comes. asked: how often each example;
    None for a prompt and sound that are of none.
    """

    def __init__(self, folder: Path) -> None:
        self.handler = _Handler
        self.examples = {one["id"]: Example(**one) for one in examples_of(folder)}
        self.known = _known(folder)
        self.says: Callable[[Example], str] = lambda example: example.answer
        self.failing: dict[str, list[Fault] | Fault] = {}
        self.asked: Counter[str | None] = Counter()
        self.authorizations: set[str] = set()
        self.hold: str | None = None
        self.held = threading.Event()
        super().__init__()

    def next_fault(self, body: dict[str, Any]) -> Fault:
        found = self.known.get((last_words(body).strip(), _sound(body)))
        name = None if found is None else found.id
        with self._lock:
            body["example"] = found
            self.requests.append(body)
            if last_words(body) != PROBE:
                self.asked[name] += 1
            failing = self.failing.get(name or "")
            return (failing.pop(0) if failing else None) if isinstance(failing, list) else failing


class _Handler(LoopbackHandler):
    paths = ("/v1/chat/completions",)
    owner: SetServer

    def answer(self, body: dict[str, Any], fault: str | None) -> None:
        server, example = self.owner, body.pop("example")
        name = None if example is None else example.id
        server.authorizations.add(self.headers.get("Authorization", ""))
        if (name is not None and name == server.hold) or fault == "hang":
            server.held.set()
            server.release.wait(60)
            self.close_connection = True
            return
        text = "I cannot tell." if example is None else server.says(example)
        answer = json.dumps(completion(text)).encode()
        if fault == "cut":
            self.send_half(JSON, answer)
        else:
            self.send(200, JSON, answer)


@cache
def _known(folder: Path) -> dict[tuple[str, bytes], Example]:
    """The examples of a set that no test changes, by prompt and sound, with labels of how it is said and without."""
    examples = [Example(**one) for one in examples_of(folder)]
    known = {}
    for one in examples:
        sound = b"".join(_pcm(folder / file["path"]) for file in one.audio)
        known |= {(asked.full_prompt, sound): asked for asked in (one, replace(one, metadata=None))}
    assert len(known) in (len(examples), 2 * len(examples))
    return known


def _pcm(file: Path) -> bytes:
    samples, _ = soundfile.read(file, dtype="int16")
    return bytes(samples.tobytes())


def _sound(body: dict[str, Any]) -> bytes:
    content = body["messages"][-1]["content"]
    clips = [] if isinstance(content, str) else [one["input_audio"] for one in content if one["type"] == "input_audio"]
    sounds = (soundfile.read(io.BytesIO(b64decode(clip["data"])), dtype="int16")[0] for clip in clips)
    return b"".join(bytes(sound.tobytes()) for sound in sounds)


def serving_set(folder: Path) -> AbstractContextManager[SetServer]:
    """A server for the `with` block."""
    return closing(SetServer(folder))


def write_model(path: Path, server: LoopbackServer, **options: Any) -> Path:
    """Write the model behind a server as a file; it gives up after some seconds, unless told otherwise."""
    known = {"kind": "endpoint", "model": "parrot", "base_url": server.url, "timeout": 20, "patience": 3}
    path.write_text(json.dumps({**known, **options}), "utf-8")  # JSON is YAML
    return path


def write_judge(path: Path, server: LoopbackServer, **options: Any) -> Path:
    """Write the judge behind a server as a file."""
    known = {"model": "parrot", "base_url": server.url, "timeout": 20, "patience": 3, "tries": 1}
    path.write_text(json.dumps({**known, **options}), "utf-8")
    return path
