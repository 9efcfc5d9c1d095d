"""espeak-ng as an engine: formant synthesis, very fast, bit-reproducible, hundreds of voices; a demo engine.

The library runs in its own process (`server.py`), which speaks each utterance in a fresh child: so
the samples depend on the utterance only, and a text that crashes the library costs one SpeechError.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.speech.engine import EngineInfo, Pace, Pcm, Speech, Utterance
from askqa_builder.speech.engines.espeak import server as wire
from askqa_builder.speech.engines.espeak.calibration import Calibration
from askqa_builder.speech.engines.espeak.words import word_times
from askqa_builder.speech.letters import joined_letters
from askqa_builder.voices.voice import Controls, Voice

SECONDS_ALLOWED = 20.0
"""Wall time after which an utterance counts as hung, besides 2 ms a character (speaking takes 0.05 ms)."""
_SECONDS_ALLOWED_PER_CHARACTER = 0.002

# Control characters start espeak's embedded commands, and it folds private-use ones onto them.
_COMMAND_CHARACTERS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\ue000-\uf8ff]")
_ENGLISH, _SHAVIAN = "gmw/en", "gmw/en-Shaw"
_ENGLISH_NAME = re.compile(r"English \((.+)\)")


class _Reply(NamedTuple):
    """What the server says to one request; `failure` is None where it spoke."""

    failure: str | None
    events: bytearray = bytearray()
    pcm: Pcm = np.empty(0, dtype=np.int16)


class EspeakEngine:
    """espeak-ng through the wheel `espeakng-loader`; deterministic: an utterance's seed changes nothing.

    voices: every English accent, alone (`en-us`) and with every variant (`en-us+f3`), and each other
    language alone (`de`); names are espeak's language tags and its variants' files. A gender is given where
    the variant's file states one; espeak's own list calls all others male, which is only its default.

    Raises UsageError where the library is missing or does not start.
    """

    def __init__(self) -> None:
        self._server: _ServerProcess | None = None
        try:
            import espeakng_loader
        except ImportError as error:
            message = 'espeak needs its library: pip install "askqa-builder[espeak]"'
            raise UsageError(message) from error
        self._paths = (str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path()))
        self._server = _ServerProcess(*self._paths)
        hello = self._server.hello
        self._identifiers: dict[str, str] = {}
        self._calibrations: dict[str, Calibration] = {}
        self._voices: dict[str, Voice] = {}
        self._list_voices(hello, Path(self._paths[1]))
        self._info = EngineInfo(
            name="espeak",
            library="espeak-ng",
            version=hello["version"],
            model=None,
            revision=None,
            licence="GPL-3.0-or-later (the engine; its speech output is not covered)",
            sample_rate=hello["sample_rate"],
            pace=Pace(words_per_minute=185.0),
        )

    @property
    def info(self) -> EngineInfo:
        """Name, versions, licence."""
        return self._info

    @property
    def voices(self) -> Mapping[str, Voice]:
        """All voices by name."""
        return self._voices

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        """Speak a batch; item i answers utterance i (see `Engine.speak`).

        A word that espeak joins to the one before ("of the") gets its share of their time by its letters.
        """
        results: dict[int, Speech | SpeechError] = {}
        requests: dict[int, bytes] = {}
        for index, utterance in enumerate(batch):
            request = self._request(utterance)
            if isinstance(request, SpeechError):
                results[index] = request
            else:
                requests[index] = request
        for index, reply in zip(requests, self._replies(list(requests.values())), strict=True):
            results[index] = self._speech(batch[index].text, reply)
        return [results[index] for index in range(len(batch))]

    def close(self) -> None:
        """End the server; a later `speak` starts another."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def __del__(self) -> None:
        self.close()

    def _request(self, utterance: Utterance) -> bytes | SpeechError:
        text = utterance.text
        if utterance.voice not in self._voices:
            return SpeechError(f"espeak has no voice {utterance.voice!r}")
        if "\0" in text:
            return SpeechError(f"the text has a NUL character: {_shown(text)}")
        rate, pitch, pitch_range = self._calibrations[utterance.voice].settings(utterance.rate, utterance.pitch)
        # one character for one, so that espeak's positions stay those of the text
        encoded = _COMMAND_CHARACTERS.sub(" ", joined_letters(text)).encode("utf-8", errors="replace")
        voice = self._identifiers[utterance.voice].encode()
        seconds = SECONDS_ALLOWED + _SECONDS_ALLOWED_PER_CHARACTER * len(text)
        head = wire.REQUEST.pack(len(voice), len(encoded), rate, pitch, pitch_range, round(seconds * 1000))
        return head + voice + encoded

    def _replies(self, requests: Sequence[bytes]) -> Iterator[_Reply]:
        """Replies in order; request i + 1 is under way while the caller handles reply i."""
        under_way = False
        try:
            for index, request in enumerate(requests):
                if not under_way:
                    self._send(request)
                under_way = True
                reply = self._receive(request)
                under_way = index + 1 < len(requests)
                if under_way:
                    self._send(requests[index + 1])
                yield reply
        finally:
            # interrupted: an answer nobody reads would be taken for the next utterance's
            if under_way:
                self.close()

    def _send(self, request: bytes) -> None:
        if self._server is None:
            self._server = _ServerProcess(*self._paths)
        self._server.send(request)

    def _receive(self, request: bytes) -> _Reply:
        for attempt in (1, 2):
            try:
                assert self._server is not None
                return self._server.receive()
            except EOFError:
                self.close()
                if attempt == 1:
                    self._send(request)
        return _Reply("the espeak process died twice")

    def _speech(self, text: str, reply: _Reply) -> Speech | SpeechError:
        if reply.failure is not None:
            return SpeechError(f"{reply.failure}: {_shown(text)}")
        pcm = reply.pcm
        words = word_times(text, reply.events, pcm)
        if words is None:
            return SpeechError(f"nothing was spoken: {_shown(text)}")
        samples = np.multiply(pcm, np.float32(1 / 32768), dtype=np.float32)
        return Speech(samples, self._info.sample_rate, words)

    def _list_voices(self, hello: Mapping[str, Any], data: Path) -> None:
        variants = [record["identifier"] for record in hello["variants"]]
        variant_files = {v: _voice_file(data / "voices" / v) for v in variants}
        for record in hello["voices"]:
            identifier, name = record["identifier"], record["language"]
            base = _voice_file(data / "lang" / identifier)
            dictionary = data / f"{base.get('dictionary', name.partition('-')[0])}_dict"
            # Shavian is a script, not an accent; a few languages come without their dictionary, and stay mute
            if identifier == _SHAVIAN or not dictionary.exists():
                continue
            # two voices share a language tag: the later goes by its file's name
            if name in self._voices:
                name = identifier.rpartition("/")[2].lower()
            self._add_voice(name, record, base, "")
            for variant, lines in variant_files.items() if identifier.startswith(_ENGLISH) else ():
                self._add_voice(name, record, base | lines, variant.removeprefix("!v/"))

    def _add_voice(self, name: str, record: Mapping[str, str], lines: Mapping[str, str], variant: str) -> None:
        suffix = f"+{variant}" if variant else ""
        calibration = Calibration.of_voice(variant, lines.get("pitch"))
        accent = _ENGLISH_NAME.fullmatch(record["name"])
        self._identifiers[name + suffix] = record["identifier"] + suffix
        self._calibrations[name + suffix] = calibration
        self._voices[name + suffix] = Voice(
            name=name + suffix,
            language=record["language"],
            gender=lines["gender"].lower().split()[0] if "gender" in lines else None,
            accent=accent[1] if accent else None,
            metadata_source="catalogue",
            controls=Controls(rate=calibration.rates, pitch=calibration.pitches, word_times=True),
        )


class _ServerProcess:
    """The running `server.py` and its two pipes. Raises UsageError where it does not start."""

    def __init__(self, library: str, data: str) -> None:
        # espeak would take its data path from here, and characters' classes from the locale
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("ESPEAK", "LC_", "LANG"))}
        # -I -S: nothing but the standard library, and nothing from the environment, decides what it imports
        command = [sys.executable, "-I", "-S", str(Path(wire.__file__)), library, data]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment | {"LC_ALL": "C"},
        )
        self._owner = os.getpid()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin: IO[bytes] = self._process.stdin
        self._stdout: IO[bytes] = self._process.stdout
        try:
            (length,) = wire.LENGTH.unpack(self._read(wire.LENGTH.size))
            self.hello: dict[str, Any] = json.loads(bytes(self._read(length)))
        except EOFError:
            self.hello = {"error": f"its process ended with status {self._process.wait()}"}
        if "error" in self.hello:
            self.close()
            raise UsageError(f"espeak does not start: {self.hello['error']}")

    def send(self, request: bytes) -> None:
        """Hand over one request; a server that is gone shows in `receive`."""
        view = memoryview(request)
        try:
            while view:
                view = view[self._stdin.write(view) :]
        except BrokenPipeError:
            return

    def receive(self) -> _Reply:
        """The next reply. Raises EOFError where the server is gone."""
        status, events, pcm_bytes, message_bytes = wire.REPLY.unpack(self._read(wire.REPLY.size))
        event_data = self._read(events * wire.REPLY.size)
        pcm = np.empty(pcm_bytes // 2, dtype=np.int16)
        self._fill(pcm.view(np.uint8).data)
        message = bytes(self._read(message_bytes)).decode()
        return _Reply(message if status == wire.FAILED else None, event_data, pcm)

    def close(self) -> None:
        """End the process, also in the middle of an utterance; twice is once."""
        # a fork of this process has copies of the pipes, but the server is not its own
        self._stdin.close()
        self._stdout.close()
        if os.getpid() != self._owner:
            return
        try:
            self._process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self, count: int) -> bytearray:
        data = bytearray(count)
        self._fill(memoryview(data))
        return data

    def _fill(self, view: memoryview) -> None:
        while view:
            count = self._stdout.readinto(view)  # type: ignore[attr-defined]
            if not count:
                raise EOFError
            view = view[count:]


def _voice_file(path: Path) -> dict[str, str]:
    """The lines `key value` of one of espeak's voice files, comments dropped."""
    lines = (line.partition("//")[0].strip().split(None, 1) for line in path.read_text(encoding="utf-8").splitlines())
    return {line[0]: line[1] for line in lines if len(line) == 2}


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
