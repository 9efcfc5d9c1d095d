"""A speech server on 127.0.0.1 that speaks with flite, and fails in every way that servers fail.

It has what the tests need of OpenAI's `/v1/audio/speech`, of Kokoro-FastAPI's `/v1/audio/voices` and
`/dev/captioned_speech`, and of vLLM-Omni's `ref_audio`.
"""

from __future__ import annotations

import base64
import io
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from typing import Any

import numpy as np
import soundfile

from askqa_builder.speech.engine import Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine

REFUSED, CRASHING = "refusedword", "crashingword"
"""Words for which the server answers 400, and 500, always."""

CLONE_VOICE = "awb"
"""What it speaks with when it is shown a clip."""

_JSON = "application/json"
_TYPES = {"wav": "audio/wav", "flac": "audio/flac", "pcm": "audio/pcm"}


class SpeechServer:
    """The server, and what was asked of it.

    faults: what happens to the next requests for speech, one each: a status, a name that `_Handler` knows, or None
    for nothing. key: what it wants as API key. requests: the bodies of all requests for speech. voices: what it
    lists, None for 404.
    """

    def __init__(self) -> None:
        self.faults: deque[int | str | None] = deque()
        self.retry_after: str | None = None
        self.key: str | None = None
        self.voices: list[Any] | None = None
        self.requests: list[dict[str, Any]] = []
        self.most_at_once = 0
        self.release = threading.Event()
        self._at_once = 0
        self._lock = threading.Lock()
        self._flite = FliteEngine()
        self._flite_lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._connections: set[socket.socket] = set()
        self._port = 0
        self.start()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    def start(self) -> None:
        """Listen, after `stop` on the same port as before."""
        owner = self

        class Handler(_Handler):
            server_of_speech = owner

        self.release.clear()
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Be gone: connections are cut, new ones refused."""
        self.release.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        with self._lock:
            connections, self._connections = self._connections, set()
        for connection in connections:
            with suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)

    def speak(self, body: Mapping[str, Any]) -> Speech:
        """Speak what a request asks for, in flite's own samples."""
        voice = CLONE_VOICE if "ref_audio" in body else body["voice"]
        utterance = Utterance(body["input"], voice, rate=body.get("speed", 1.0), seed=body.get("seed", 0))
        with self._flite_lock:
            (speech,) = self._flite.speak([utterance])
        assert isinstance(speech, Speech), speech
        return speech

    def remember(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def next_fault(self, body: dict[str, Any]) -> int | str | None:
        with self._lock:
            self.requests.append(body)
            return self.faults.popleft() if self.faults else None

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the requests that are under way together."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of_speech: SpeechServer

    def setup(self) -> None:
        super().setup()
        self.server_of_speech.remember(self.connection)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        voices = self.server_of_speech.voices
        if self.path == "/v1/audio/voices" and voices is not None:
            self._json(200, {"voices": voices})
        else:
            self._json(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        owner = self.server_of_speech
        if self.path not in ("/v1/audio/speech", "/dev/captioned_speech"):
            self._json(404, {"detail": "Not Found"})
            return
        given = self.headers.get("Authorization", "")
        if owner.key is not None and given != f"Bearer {owner.key}":
            self._json(401, {"error": {"message": f"Incorrect API key provided: {given}"}})
            return
        fault = owner.next_fault(body)
        with owner.counted():
            try:
                self._answer(body, fault)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    def _answer(self, body: dict[str, Any], fault: int | str | None) -> None:
        if isinstance(fault, int):
            self._json(fault, {"error": {"message": f"fault {fault}"}}, retry_after=self.server_of_speech.retry_after)
        elif body["model"] != "flite":
            self._json(404, {"error": {"message": f"The model `{body['model']}` does not exist."}})
        elif body.get("voice", "kal16") not in ("slt", "rms", "awb", "kal16"):
            self._json(400, {"detail": {"message": f"Voice {body['voice']} not found at /srv/voices or 10.1.2.3"}})
        elif REFUSED in body["input"]:
            self._json(400, {"detail": {"error": "validation_error", "message": "nobody says that at 127.0.0.1"}})
        elif CRASHING in body["input"]:
            self._json(500, {"detail": {"error": "processing_error", "message": "boom"}})
        else:
            self._speech(body, fault)

    def _speech(self, body: dict[str, Any], fault: int | str | None) -> None:
        speech = self.server_of_speech.speak(body)
        audio = encoded(speech, body["response_format"])
        kind = _TYPES[body["response_format"]]
        if fault == "slow":
            self.server_of_speech.release.wait(30)
        elif fault == "cut":
            self._start(200, kind, len(audio))
            self.wfile.write(audio[: len(audio) // 2])
            self.close_connection = True
            return
        elif fault == "half":
            audio = audio[: len(audio) // 4 * 2]
        elif fault == "html":
            audio, kind = b"<html><body>Please sign in</body></html>", "text/html; charset=utf-8"
        elif fault == "scale":
            audio = encoded(Speech(speech.samples * 32768, speech.sample_rate), "float")
        elif fault == "empty":
            audio = b""
        elif fault == "silence":
            audio = encoded(Speech(np.zeros_like(speech.samples), speech.sample_rate), body["response_format"])
        elif fault == "short":
            audio = encoded(Speech(speech.samples[:4000], speech.sample_rate), body["response_format"])
        elif fault == "streamed":
            audio = with_unknown_size(audio)
        elif fault == "other rate":
            audio = encoded(Speech(speech.samples, 8000), body["response_format"])
        if self.path == "/dev/captioned_speech":
            text = json.dumps(captioned(body["input"], speech, audio))
            self._send(200, _JSON, text.encode())
        else:
            self._send(200, kind, audio)

    def _json(self, status: int, content: Any, retry_after: str | None = None) -> None:
        self._send(status, _JSON, json.dumps(content).encode(), retry_after)

    def _send(self, status: int, kind: str, body: bytes, retry_after: str | None = None) -> None:
        self._start(status, kind, len(body), retry_after)
        self.wfile.write(body)

    def _start(self, status: int, kind: str, length: int, retry_after: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()


def encoded(speech: Speech, form: str) -> bytes:
    """Encode as wav, flac or pcm (16 bits each), or as a WAV file of floats."""
    if form == "pcm":
        return np.round(speech.samples * 32768).astype("<i2").tobytes()
    buffer = io.BytesIO()
    kind, subtype = ("WAV", "FLOAT") if form == "float" else (form.upper(), "PCM_16")
    soundfile.write(buffer, speech.samples, speech.sample_rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def with_unknown_size(wav: bytes) -> bytes:
    """Return the file with the sizes that streaming servers write."""
    unknown = struct.pack("<I", 0xFFFF_FFFF)
    place = wav.index(b"data") + 4
    return wav[:4] + unknown + wav[8:place] + unknown + wav[place + 4 :]


def captioned(text: str, speech: Speech, audio: bytes) -> dict[str, Any]:
    """Say when words are heard as Kokoro-FastAPI does: punctuation is timed too, times are seconds."""
    timestamps = []
    for (first, last), words in groupby(speech.words, lambda word: (word.char_start, word.char_end)):
        heard = list(words)  # several where flite reads one word as several, as a number
        start, end = heard[0].start / speech.sample_rate, heard[-1].end / speech.sample_rate
        timestamps.append({"word": text[first:last], "start_time": start, "end_time": end})
        if text[last : last + 1] in tuple(".,;:!?"):
            timestamps.append({"word": text[last], "start_time": end, "end_time": end + 0.05})
    return {"audio": base64.b64encode(audio).decode(), "audio_format": "audio/wav", "timestamps": timestamps}


@contextmanager
def serving() -> Iterator[SpeechServer]:
    """A server for the `with` block."""
    server = SpeechServer()
    try:
        yield server
    finally:
        server.stop()
