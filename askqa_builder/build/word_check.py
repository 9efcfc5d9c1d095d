"""The gate's recogniser in a build: it hears what an engine has spoken, and says where that is something else."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from askqa_builder.errors import AskqaError, EngineError
from askqa_builder.recognition.error_rate import error_rate
from askqa_builder.recognition.recogniser import (
    RECOGNISERS,
    Appetite,
    Clip,
    ListenerInfo,
    Recogniser,
    load_recogniser,
    takes_option,
)
from askqa_builder.speech.engine import Speech, Utterance
from askqa_builder.voices.word_gate import WordGate

_MOST_SHOWN = 80
"""Characters of what was heard that a message shows."""


@dataclass(frozen=True)
class Listening:
    """Who listens, and how long that may take."""

    info: ListenerInfo
    appetite: Appetite


class WordCheck:
    """Compares what a recogniser hears with the spoken text; a `Check` of the gate. Threads may share it."""

    def __init__(self, gate: WordGate, recogniser: Recogniser) -> None:
        self._most = gate.wer
        self._recogniser = recogniser
        self._lock = threading.Lock()

    @property
    def listening(self) -> Listening:
        """Who listens."""
        return Listening(self._recogniser.info, self._recogniser.appetite)

    def __call__(self, speeches: Sequence[Speech], utterances: Sequence[Utterance]) -> list[str | None]:
        """Say of each speech what is heard instead where that is too much; None where it is near enough.

        Raises EngineError where the recogniser fails: that is no fault of the text.
        """
        clips = [Clip(speech.samples, speech.sample_rate) for speech in speeches]
        try:
            with self._lock:
                heard = self._recogniser.transcribe(clips)
        except (AskqaError, MemoryError, OSError):
            raise
        except Exception as error:  # recognisers may come from anywhere
            raise EngineError(
                f"the gate's {self._recogniser.info.name} failed: {type(error).__name__}: {error}"
            ) from error
        return [self._fault(one.text, text) for one, text in zip(utterances, heard, strict=True)]

    def _fault(self, spoken: str, heard: str) -> str | None:
        rate = error_rate(spoken, heard)
        if rate is None or rate <= self._most:
            return None
        shown = textwrap.shorten(heard, _MOST_SHOWN, placeholder=" …")
        return f"heard as {shown!r}, an error rate of {rate:.2f} where {self._most:g} is allowed"


@contextmanager
def open_word_check(gate: WordGate | None, device: str | None) -> Iterator[WordCheck | None]:
    """Load the gate's recogniser, where there is a gate, and close it at the end of the `with` block.

    device: where engines speak; a recogniser that computes on devices gets the same one. Raises UsageError.
    """
    if gate is None:
        yield None
        return
    name, options = gate.recogniser.name, gate.recogniser.options
    # a build has a process for each core
    for key, value in (("device", device), ("threads", 1)):
        if value is not None and takes_option(RECOGNISERS, name, key):
            options.setdefault(key, value)
    recogniser = load_recogniser(name, options)
    try:
        yield WordCheck(gate, recogniser)
    finally:
        recogniser.close()
