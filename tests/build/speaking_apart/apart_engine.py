"""A third party's engine that speaks apart from the workers: flite's kal16 behind a lock, with ways to fail.

Tests copy this file next to a `*.dist-info` folder that registers it as the engine `apart`. In the folder that the
variable APART_FOLDER names it keeps a log, and files by which it knows what has happened once already.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from askqa_builder.errors import EngineError, SpeechError
from askqa_builder.speech.engine import EngineInfo, Pace, Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.voices.voice import Voice

START_SECONDS = 5.0
BALLAST = 20_000
"""What a prepared text weighs in bytes: the jobs of a block together more than a pipe holds."""


class ApartEngine:
    """kal16, as long as no marker word is in the text and APART_START asks for nothing else."""

    def __init__(self, *, device: str | None = None) -> None:
        self._folder = Path(os.environ["APART_FOLDER"])
        self._device = device
        self._lock = threading.Lock()
        self._flite = FliteEngine()
        self.info: EngineInfo = replace(
            self._flite.info,
            name="apart",
            pace=Pace(176.0, minimum_speed=50.0, start_seconds=START_SECONDS, apart=True),
        )
        self.voices: Mapping[str, Voice] = {"kal16": self._flite.voices["kal16"]}
        if _is_speaker():
            self._log("start")
            self._fail_to_start(os.environ.get("APART_START", ""))

    def prepare(self, text: str) -> tuple[str, bytes]:
        """Return the text, and something heavy."""
        if "preparekill" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "prepareraise" in text:
            raise RuntimeError("cannot read")
        if "preparelambda" in text:
            return (lambda: text), b""  # type: ignore[return-value]
        return text, bytes(BALLAST)

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        """Speak a batch, one item after the other."""
        assert batch, "nothing to speak"
        return [self._speak_one(utterance) for utterance in batch]

    def close(self) -> None:
        """Close flite."""
        self._flite.close()

    def _speak_one(self, utterance: Utterance) -> Speech | SpeechError:
        text = utterance.text
        if utterance.prepared is not None and utterance.prepared[0] != text:
            return SpeechError("prepared for another text")
        self._log("speak" if utterance.prepared else "unprepared", text)
        if os.environ.get("APART_SPEAK") == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if "markerraise" in text:
            raise RuntimeError("lost its voice")
        if "markererror" in text:
            return SpeechError("has a cold")
        if "markerkill" in text or ("markeronce" in text and self._first("once")):
            os.kill(os.getpid(), signal.SIGKILL)
        if "markerhang" in text:
            time.sleep(3600)
        if "markerexit" in text:
            sys.exit(0)
        if "markerchild" in text:  # as engines do that compute in processes of their own
            multiprocessing.get_context("fork").Process(target=int).start()
        if "markeraway" in text and self._first("away"):
            raise EngineError("the server is away; run the same command later")
        with self._lock:
            speech = self._flite.speak([replace(utterance, prepared=None)])[0]
        if "markerdeadly" in text and isinstance(speech, Speech):
            return replace(speech, samples=speech.samples.view(DeadlySamples))
        return speech

    def _fail_to_start(self, way: str) -> None:
        if way == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if way == "raise":
            raise RuntimeError("no licence")
        if way == "memory":
            raise MemoryError
        if way == "exit":
            sys.exit(0)
        if way == "hang once" and self._first("hung"):
            time.sleep(3600)

    def _first(self, name: str) -> bool:
        """Tell whether this is asked for the first time."""
        try:
            (self._folder / name).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _log(self, event: str, text: str = "") -> None:
        with (self._folder / "log").open("a") as file:
            file.write(f"{event}\t{os.getpid()}\t{self._device}\t{text}\n")


class DeadlySamples(np.ndarray):
    """Samples that end the worker that does anything with them but read them."""

    def __array_finalize__(self, made_of: object) -> None:
        if made_of is not None and "pebble" in multiprocessing.current_process().name:
            os.kill(os.getpid(), signal.SIGKILL)


def _is_speaker() -> bool:
    """Tell the speaking process from the main one and from the workers."""
    return multiprocessing.parent_process() is not None and "pebble" not in multiprocessing.current_process().name
