"""A chat server on 127.0.0.1 that knows, from its sound alone, which recording of a dataset it is given.

A recording that is none of the dataset's rows must go on from one that the server was given before, sample for sample
but for the silence at its end: what does not is answered 400. Of a row's continuations, the one that came first is of
its first reading: dialogues of one request are held one after the other.
"""

from __future__ import annotations

import hashlib
import io
import json
import threading
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import soundfile
from chat_server import GARBAGE, completion, last_words
from loopback_server import JSON, Fault, LoopbackHandler, LoopbackServer, closing
from thirty_conversations import Conversation

PROBE = "Say yes."


class Point(NamedTuple):
    """Where in a dialogue a recording is: in the first round all readings share it."""

    conversation: str
    reading: int
    round: int


class ListeningServer(LoopbackServer):
    """says: its responses. failing: what happens at a point, first to last; a fault alone happens each time.

    whatever: a fault that happens at all points. heard: recordings by point. answered: how often each request, by its
    content, was answered. asked: how often each point. hold: the point at which it says nothing until `release` is
    set; held: set when that comes.
    """

    def __init__(self, rows: Mapping[str, bytes], says: Mapping[Point, str]) -> None:
        self.handler = _Handler
        self.rows = rows
        self.says = says
        self.failing: dict[Point, list[Fault] | Fault] = {}
        self.heard: dict[Point, bytes] = {}
        self.answered: Counter[str] = Counter()
        self.asked: Counter[Point] = Counter()
        self.authorizations: set[str] = set()
        self.whatever: Fault = None
        self.hold: Point | None = None
        self.held = threading.Event()
        super().__init__()

    def next_fault(self, body: dict[str, Any]) -> Fault:
        sound = _sound(body)
        with self._lock:
            self.requests.append(body)
            if self.whatever is not None:
                return self.whatever
            if sound is None:
                return None if last_words(body) == PROBE else 400
            point = self._point(sound)
            body["point"] = point
            if point is None:
                return 400
            self.heard[point] = sound
            self.asked[point] += 1
            failing = self.failing.get(point)
            return (failing.pop(0) if failing else None) if isinstance(failing, list) else failing

    def _point(self, sound: bytes) -> Point | None:
        """Find out what is heard; a recording is never taken for a row that it only begins with."""
        for name, pcm in self.rows.items():
            if sound == pcm:
                return Point(name, 0, 1)
        known = {pcm: point for point, pcm in self.heard.items()}
        if sound in known:
            return known[sound]
        befores = [(len(pcm), point) for pcm, point in known.items() if sound.startswith(pcm.rstrip(b"\0"))]
        if not befores:
            return None
        _, before = max(befores)
        if before.round > 1:
            return Point(before.conversation, before.reading, before.round + 1)
        readings = [one.reading for one in self.heard if one.conversation == before.conversation and one.round == 2]
        return Point(before.conversation, len(readings), 2)


class _Handler(LoopbackHandler):
    paths = ("/v1/chat/completions",)
    owner: ListeningServer

    def answer(self, body: dict[str, Any], fault: str | None) -> None:
        server, point = self.owner, body.pop("point", None)
        server.authorizations.add(self.headers.get("Authorization", ""))
        if point is not None and point == server.hold:
            server.held.set()
            server.release.wait(60)
            self.close_connection = True
            return
        if fault == "hang":
            server.release.wait(60)
            self.close_connection = True
        elif fault == "html":
            self.send(200, "text/html", b"<html><body>Please sign in</body></html>")
        elif fault in GARBAGE:
            self.send(200, JSON, GARBAGE[fault])
        else:
            text = "Yes." if point is None else server.says[point]
            content = completion(text)
            content["usage"] = {"prompt_tokens": 1000 if point is None else 10 * point.round, "completion_tokens": 3}
            if fault == "cut":
                self.send_half(JSON, json.dumps(content).encode())
                return
            with server._lock:
                server.answered[digest(body)] += 1
            self.send(200, JSON, json.dumps(content).encode())


def digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _sound(body: Mapping[str, Any]) -> bytes | None:
    content = body["messages"][-1]["content"]
    clips = [] if isinstance(content, str) else [one["input_audio"] for one in content if one["type"] == "input_audio"]
    if not clips:
        return None
    (clip,) = clips
    pcm, _ = soundfile.read(io.BytesIO(b64decode(clip["data"])), dtype="int16")
    return bytes(pcm.tobytes())


def recordings(dataset: Path) -> dict[str, bytes]:
    """The samples of the initial rows, by conversation."""
    return {row["conversation_id"]: row_samples(row) for row in initial_rows(dataset)}


def initial_rows(dataset: Path) -> list[dict[str, Any]]:
    return [row for file in sorted(dataset.glob("data/initial/*.parquet")) for row in pq.read_table(file).to_pylist()]


def row_samples(row: Mapping[str, Any]) -> bytes:
    pcm, _ = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")
    return bytes(pcm.tobytes())


def script(conversations: Iterable[Conversation]) -> dict[Point, str]:
    """What is said at each point."""
    said = {}
    for one in conversations:
        said[Point(one.name, 0, 1)] = one.says
        for reading, later in enumerate(one.then):
            said |= {Point(one.name, reading, number): text for number, text in enumerate(later, 2)}
    return said


def listening(dataset: Path, conversations: Iterable[Conversation]) -> AbstractContextManager[ListeningServer]:
    """A server for the `with` block."""
    return closing(ListeningServer(recordings(dataset), script(conversations)))
