"""A third party's engine that fails on marker words: flite's kal16 with every way there is to go wrong.

Tests copy this file next to a `*.dist-info` folder that registers it as the engine `marked`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from askqa_builder.errors import SpeechError
from askqa_builder.speech.engine import EngineInfo, Pace, Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.voices.voice import Voice

START_SECONDS = 5.0


class MarkedEngine:
    """kal16, as long as no marker word is in the text."""

    def __init__(self) -> None:
        self._flite = FliteEngine()
        self.info: EngineInfo = replace(
            self._flite.info, name="marked", pace=Pace(176.0, minimum_speed=100.0, start_seconds=START_SECONDS)
        )
        self.voices: Mapping[str, Voice] = {"kal16": self._flite.voices["kal16"]}

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        """Speak a batch, one item after the other."""
        return [self._speak_one(utterance) for utterance in batch]

    def close(self) -> None:
        """Close flite."""
        self._flite.close()

    def _speak_one(self, utterance: Utterance) -> Speech | SpeechError:
        for marker, fail in _FAILURES.items():
            if marker in utterance.text:
                return fail()
        return self._flite.speak([utterance])[0]


def _raise() -> Speech:
    raise RuntimeError("lost its voice")


def _raise_speech_error() -> Speech:
    raise SpeechError("hoarse")


def _return_error() -> SpeechError:
    return SpeechError("has a cold")


def _die() -> Speech:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def _hang() -> Speech:
    while True:
        time.sleep(3600)


def _be_silent() -> Speech:
    return Speech(np.zeros(16000, np.float32), 16000)


def _speak_nonsense() -> Speech:
    return Speech(np.full(16000, np.nan, np.float32), 16000)


_FAILURES: Mapping[str, Callable[[], Speech | SpeechError]] = {
    "markerraise": _raise,
    "markerspeech": _raise_speech_error,
    "markererror": _return_error,
    "markerkill": _die,
    "markerhang": _hang,
    "markersilence": _be_silent,
    "markernan": _speak_nonsense,
}
