"""Engines with which several threads of one process speak, each for several blocks at once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from askqa_builder.build.steps import speak_batch
from askqa_builder.build.turns import Spoken
from askqa_builder.build.word_check import WordCheck
from askqa_builder.speech.engine import Engine, Utterance

SECONDS_A_ROUND = 4.0
"""Wall time that one round of speaking should take: long enough to fill batches, short enough to lose."""

MOST_BLOCKS_A_ROUND = 8
SPEAKING_THREADS = 2
"""While one waits for the device, the other hands over what is done and takes what is next."""

SWITCH_SECONDS = 2e-4
"""For `sys.setswitchinterval`: the thread that feeds the device gives the interpreter away at every call, and must
soon have it back."""


class SharedEngines:
    """Speaks the texts of several blocks in one batch an engine; threads may share it."""

    def __init__(self, engines: Mapping[str, Engine], check: WordCheck | None) -> None:
        self._engines = engines
        self._check = check
        # beside an engine that speaks apart, a set may name some for which one thread is all that they bear
        self._turns: Mapping[str, AbstractContextManager[Any]] = {
            key: nullcontext() if engine.info.pace.apart else threading.Lock() for key, engine in engines.items()
        }

    def speak(self, texts: Sequence[Mapping[str, Sequence[Utterance]]]) -> list[dict[str, list[Spoken]]]:
        """Speak one round. texts: of each block, utterances by engine; the answer has the same shape."""
        spoken: list[dict[str, list[Spoken]]] = [{} for _ in texts]
        for key, engine in self._engines.items():
            batch = [one for parts in texts for one in parts.get(key, ())]
            if not batch:
                continue
            with self._turns[key]:
                speeches = iter(speak_batch(engine, batch, self._check))
            for parts, answer in zip(texts, spoken, strict=True):
                answer[key] = [next(speeches) for _ in parts.get(key, ())]
        return spoken
