"""A speech server on 127.0.0.1 that speaks with flite, and fails in every way that servers fail.

It has what the tests need of OpenAI's `/v1/audio/speech`, of Kokoro-FastAPI's `/v1/audio/voices` and
`/dev/captioned_speech`, and of vLLM-Omni's `ref_audio`.
"""

from __future__ import annotations

import base64
import io
import json
import struct
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from itertools import groupby
from typing import Any

import numpy as np
import soundfile
from loopback_server import JSON, LoopbackHandler, LoopbackServer, closing

from askqa_builder.speech.engine import Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine

REFUSED, CRASHING = "refusedword", "crashingword"
"""Words for which the server answers 400, and 500, always."""

CLONE_VOICE = "awb"
"""What it speaks with when it is shown a clip."""

HEEDED = {"happy": 3.0, "sad": -2.0}
"""By a word of the instructions, the semitones by which it changes its pitch."""

_TYPES = {"wav": "audio/wav", "flac": "audio/flac", "pcm": "audio/pcm"}


class SpeechServer(LoopbackServer):
    """A server of which `requests` are those for speech. voices: what it lists, None for 404. refused: a field that it
    does not take."""

    def __init__(self) -> None:
        self.handler = _Handler
        self.voices: list[Any] | None = None
        self.refused: str | None = None
        self._flite = FliteEngine()
        self._flite_lock = threading.Lock()
        super().__init__()

    def speak(self, body: Mapping[str, Any]) -> Speech:
        """Speak what a request asks for, in flite's own samples."""
        voice = CLONE_VOICE if "ref_audio" in body else body["voice"]
        pitch = sum(semitones for word, semitones in HEEDED.items() if word in body.get("instructions", ""))
        utterance = Utterance(body["input"], voice, body.get("speed", 1.0), pitch, body.get("seed", 0))
        with self._flite_lock:
            (speech,) = self._flite.speak([utterance])
        assert isinstance(speech, Speech), speech
        return speech


class _Handler(LoopbackHandler):
    paths = ("/v1/audio/speech", "/dev/captioned_speech")
    owner: SpeechServer

    def listed(self) -> Any:
        voices = self.owner.voices
        return {"voices": voices} if self.path == "/v1/audio/voices" and voices is not None else None

    def answer(self, body: dict[str, Any], fault: str | None) -> None:
        if body["model"] != "flite":
            self.json(404, {"error": {"message": f"The model `{body['model']}` does not exist."}})
        elif self.owner.refused in body:
            self.json(400, {"error": {"message": f"Extra inputs are not permitted: {self.owner.refused}"}})
        elif body.get("voice", "kal16") not in ("slt", "rms", "awb", "kal16"):
            self.json(400, {"detail": {"message": f"Voice {body['voice']} not found at /srv/voices or 10.1.2.3"}})
        elif REFUSED in body["input"]:
            self.json(400, {"detail": {"error": "validation_error", "message": "nobody says that at 127.0.0.1"}})
        elif CRASHING in body["input"]:
            self.json(500, {"detail": {"error": "processing_error", "message": "boom"}})
        else:
            self._speech(body, fault)

    def _speech(self, body: dict[str, Any], fault: str | None) -> None:
        speech = self.owner.speak(body)
        audio = encoded(speech, body["response_format"])
        kind = _TYPES[body["response_format"]]
        if fault == "slow":
            self.owner.release.wait(30)
        elif fault == "cut":
            self.send_half(kind, audio)
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
            self.send(200, JSON, text.encode())
        else:
            self.send(200, kind, audio)


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


def serving() -> AbstractContextManager[SpeechServer]:
    """A server for the `with` block."""
    return closing(SpeechServer())
