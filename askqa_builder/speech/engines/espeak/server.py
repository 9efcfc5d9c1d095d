"""A process that speaks for `engine.py`: run as a program, never imported by it.

espeak-ng's samples depend on what the process spoke before, so each utterance is spoken by a child forked
from one state in which nothing was spoken but a fixed warm-up. The process imports nothing heavy (a small
process forks fast) and has one thread (espeak-ng and fork both ask for that).

    python -I -S server.py LIBRARY DATA_FOLDER

Frames on stdin and stdout; integers are little-endian, 4 bytes. First comes one hello:

    hello    length, JSON {"sample_rate", "version", "voices": [...], "variants": [...]} or {"error"}

then one reply per request, in order:

    request  voice bytes, text bytes, words a minute, pitch, pitch range, milliseconds allowed; voice; text
    reply    status, events, PCM bytes, message bytes; events × (type, text position, length, sample);
             native 16-bit PCM; message (UTF-8)

The process ends when stdin closes, also in the middle of an utterance; it ignores SIGINT, which a terminal
sends to the whole process group while the parent is still finishing its work.
"""

from __future__ import annotations

import ctypes
import gc
import json
import mmap
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable
from functools import partial

REQUEST = struct.Struct("<6i")
REPLY = struct.Struct("<4i")
LENGTH = struct.Struct("<i")
SPOKEN, FAILED = 0, 1

# speak_lib.h
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_UTF8 = 1
_RATE, _VOLUME, _PITCH, _RANGE, _WORDGAP = 1, 2, 3, 4, 7
_POSITION_CHARACTER = 1
# Longer buffers mean fewer callbacks, but leave the cache: 200 ms was fastest of 20, 200, 1,000 and 60,000.
_BUFFER_MS = 200
# type, unique id, text position, length, audio position, sample: the first 24 of an event's 40 bytes
_EVENT = struct.Struct("=iIiiii")
_EVENT_BYTES = 40
_WARM_UP = ("gmw/en-US", "Warm, isn't it?")
_SEED = 1
_PIPE_BYTES = 1 << 20
_JOINED_PARTS = 64  # of some 9 kB: few calls, and memory that is used again instead of paged in
_ORPHAN_CHECK_MS = 1000
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class _VoiceRecord(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("internal", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class EspeakError(Exception):
    """espeak-ng refused a call; the message says which."""


class Library:
    """espeak-ng in this process, warmed up: its next utterance depends on its arguments only."""

    def __init__(self, library: str, data: str) -> None:
        """Load `library` with the folder `data` (the one that holds `phontab`).

        Raises EspeakError where espeak-ng does not start, OSError where a path is wrong.
        """
        self._library = _declare(ctypes.CDLL(library))
        # espeak-ng silently misreads a data path of 160 characters or more, so it gets a short one
        os.chdir(data)
        self.sample_rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, b".", _DONT_EXIT)
        if self.sample_rate <= 0:
            raise EspeakError(f"espeak_Initialize returned {self.sample_rate} with the data in {data}")
        self.version: str = self._library.espeak_Info(None).decode().split()[0]
        self.voices = self._list(None)
        self.variants = self._list("variant")
        self._bases = {record["identifier"] for record in self.voices}
        self._variants = {record["identifier"].removeprefix("!v/") for record in self.variants}
        self._chunks: list[bytes] = []
        self._events: list[bytes] = []
        self._callback = _Callback(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)
        voice, text = _WARM_UP
        self.speak(voice, text.encode(), (175, 50, 50))

    def speak(self, voice: str, text: bytes, settings: tuple[int, int, int]) -> tuple[list[bytes], list[bytes]]:
        """Chunks of 16-bit PCM, and the packed events (type, text position, length, sample).

        voice: identifier, `identifier+variant`. settings: words a minute, pitch, pitch range (both 0-99).
        Raises EspeakError where the voice is unknown or a call fails.
        """
        base, _, variant = voice.partition("+")
        # espeak-ng itself takes an unknown variant for none
        if base not in self._bases or (variant and variant not in self._variants):
            raise EspeakError(f"espeak-ng has no voice {voice!r}")
        self._chunks, self._events = [], []
        # espeak-ng draws breath and flutter from its own generator, which it seeds with the time
        self._library.espeak_ng_SetRandSeed(_SEED)
        self._check(self._library.espeak_SetVoiceByName(voice.encode()), f"voice {voice!r}")
        rate, pitch, pitch_range = settings
        # settings survive a change of voice, so each utterance states all of them
        for parameter, value in (
            (_RATE, rate),
            (_VOLUME, 100),
            (_PITCH, pitch),
            (_RANGE, pitch_range),
            (_WORDGAP, 0),
        ):
            self._check(self._library.espeak_SetParameter(parameter, value, 0), f"parameter {parameter} = {value}")
        self._check(
            self._library.espeak_Synth(text, len(text) + 1, 0, _POSITION_CHARACTER, 0, _UTF8, None, None),
            "synthesis",
        )
        return self._chunks, self._events

    def _receive(self, samples: int | None, count: int, event: int) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, 2 * count))
        while True:
            kind, _, position, length, _, sample = _EVENT.unpack(ctypes.string_at(event, _EVENT.size))
            if kind == 0:
                return 0
            self._events.append(REPLY.pack(kind, position, length, sample))
            event += _EVENT_BYTES

    def _list(self, language: str | None) -> list[dict[str, str]]:
        wanted = None
        if language is not None:
            name = ctypes.create_string_buffer(language.encode())
            wanted = ctypes.byref(_VoiceRecord(languages=ctypes.addressof(name)))
        listed = self._library.espeak_ListVoices(wanted)
        records: list[dict[str, str]] = []
        while listed[len(records)]:
            record = listed[len(records)].contents
            # one byte of priority precedes each language; espeak-ng puts the voice's own first
            records.append(
                {
                    "name": record.name.decode(),
                    "identifier": record.identifier.decode(),
                    "language": ctypes.string_at(record.languages + 1).decode(),
                }
            )
        return records

    @staticmethod
    def _check(returned: int, what: str) -> None:
        if returned != 0:
            raise EspeakError(f"espeak-ng refused {what}: error {returned}")


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    integer, text = ctypes.c_int, ctypes.c_char_p
    library.espeak_Initialize.argtypes = [integer, integer, text, integer]
    library.espeak_Info.restype = text
    library.espeak_Info.argtypes = [ctypes.c_void_p]
    library.espeak_ListVoices.argtypes = [ctypes.c_void_p]
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceRecord))
    library.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
    library.espeak_SetVoiceByName.argtypes = [text]
    library.espeak_SetParameter.argtypes = [integer, integer, integer]
    unsigned, pointer = ctypes.c_uint, ctypes.c_void_p
    library.espeak_Synth.argtypes = [
        text, ctypes.c_size_t, unsigned, integer, unsigned, unsigned, pointer, pointer
    ]  # fmt: skip
    return library


class Server:
    """Answers requests, one forked child each, until stdin closes."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._writing = mmap.mmap(-1, 1)  # shared: 1 once the child has begun its reply
        self._parent = os.getppid()
        self._stdin = select.poll()
        self._stdin.register(0, select.POLLIN)
        self._die_with_server = _parent_death_signal()

    def serve(self) -> None:
        """Read and answer; returns when the client is gone."""
        while True:
            while not self._stdin.poll(_ORPHAN_CHECK_MS):
                if self._client_gone():
                    return
            header = _read(REQUEST.size)
            if header is None:
                return
            voice_bytes, text_bytes, rate, pitch, pitch_range, milliseconds = REQUEST.unpack(header)
            body = _read(voice_bytes + text_bytes)
            if body is None:
                return
            voice, text = body[:voice_bytes].decode(), body[voice_bytes:]
            speak = partial(self._library.speak, voice, text, (rate, pitch, pitch_range))
            if not self._answer(speak, milliseconds):
                return

    def _answer(self, speak: Callable[[], tuple[list[bytes], list[bytes]]], milliseconds: int) -> bool:
        """Fork, wait, and report what the child could not; False when the client is gone."""
        self._writing[0] = 0
        alive, held_by_child = os.pipe()
        child = os.fork()
        if child == 0:
            os._exit(self._run_child(speak))
        os.close(held_by_child)
        failure = self._wait(alive, milliseconds)
        os.close(alive)
        if failure is not None:
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if failure is None and status < 0:
            failure = f"espeak-ng crashed ({signal.Signals(-status).name})"
        elif failure is None and status > 0:
            failure = f"the speaking process ended with status {status}"
        if failure is None:
            return True
        # a reply cut in the middle cannot be mended: the client sees the stream end and starts a new server
        return not self._writing[0] and not self._client_gone() and _write(_failure(failure))

    def _run_child(self, speak: Callable[[], tuple[list[bytes], list[bytes]]]) -> int:
        self._die_with_server()
        try:
            chunks, events = speak()
            head = REPLY.pack(SPOKEN, len(events), sum(map(len, chunks)), 0)
            reply = [head, b"".join(events), *chunks]
        except (EspeakError, MemoryError) as error:
            reply = _failure(str(error) or type(error).__name__)
        self._writing[0] = 1
        return 0 if _write(reply) else 1

    def _wait(self, alive: int, milliseconds: int) -> str | None:
        """Wait until the child ends (its end of the pipe closes); why it must be killed, if it must."""
        events = select.poll()
        events.register(alive, select.POLLIN)
        events.register(0, 0)  # hang-up only
        deadline = time.monotonic() + milliseconds / 1000
        while True:
            ready = events.poll(_ORPHAN_CHECK_MS if milliseconds > _ORPHAN_CHECK_MS else milliseconds)
            if any(descriptor == alive for descriptor, _ in ready):
                return None
            if ready or self._client_gone():
                return "the client is gone"
            # a child that waits for its reply to be read is not slow
            if time.monotonic() > deadline and not self._writing[0]:
                return f"speaking took longer than {milliseconds / 1000:g} s"

    def _client_gone(self) -> bool:
        # stdin stays open when another process inherited it, so its closing alone does not tell
        return os.getppid() != self._parent


def _parent_death_signal() -> Callable[[], object]:
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


def _failure(message: str) -> list[bytes]:
    encoded = message.encode()
    return [REPLY.pack(FAILED, 0, 0, len(encoded)), encoded]


def _read(count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        more = os.read(0, count - len(data))
        if not more:
            return None
        data += more
    return data


def _write(parts: list[bytes]) -> bool:
    """Write all of it to stdout; False when nobody reads."""
    try:
        for first in range(0, len(parts), _JOINED_PARTS):
            view = memoryview(b"".join(parts[first : first + _JOINED_PARTS]))
            while view:
                view = view[os.write(1, view) :]
    except BrokenPipeError:
        return False
    return True


def _widen_pipe() -> None:
    # a narration is some 4 MB: fewer turns at a wider pipe; unprivileged processes may go up to 1 MiB
    if sys.platform.startswith("linux"):
        import fcntl

        try:
            fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError as error:
            print(f"espeak: the pipe stays small: {error}", file=sys.stderr)


def main(arguments: list[str]) -> int:
    """Serve until stdin closes; exit status 1 where espeak-ng does not start (the hello says why)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    library, data = arguments
    try:
        loaded = Library(library, data)
    except (EspeakError, OSError) as error:
        hello = json.dumps({"error": str(error)}).encode()
        _write([LENGTH.pack(len(hello)), hello])
        return 1
    _widen_pipe()
    hello = json.dumps(
        {
            "sample_rate": loaded.sample_rate,
            "version": loaded.version,
            "voices": loaded.voices,
            "variants": loaded.variants,
        }
    ).encode()
    server = Server(loaded)
    # a collection in a child would touch, and so copy, the pages it shares with its parent
    gc.collect()
    gc.disable()
    gc.freeze()
    if _write([LENGTH.pack(len(hello)), hello]):
        server.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
