"""What the tests of XTTS ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from askqa_builder.errors import SpeechError
from askqa_builder.speech.engine import Speech, Utterance

pytest.importorskip("TTS", reason="the extra [coqui] is not installed")

from tiny_xtts import SPEAKERS

from askqa_builder.speech.engines.coqui.xtts_engine import XttsEngine

DECODER = "hifigan_decoder"
SPEAKER_ENCODER = "hifigan_decoder.speaker_encoder.fc"  # its own `forward` is called past the hooks
ANA, CAMILLA, *_ = SPEAKERS
SHORT = "We saw a boat."
# 236 characters and 11 letters: long for the tokenizer, and soon spoken
SPARSE = f"We saw {'- ' * 110}a boat."


def say(engine: XttsEngine, *batch: Utterance) -> list[Speech]:
    answers = engine.speak(batch)
    for answer in answers:
        assert isinstance(answer, Speech), answer
    return answers


def fails(engine: XttsEngine, text: str, seed: int = 0) -> str:
    (answer,) = engine.speak([Utterance(text, ANA, seed=seed)])
    assert isinstance(answer, SpeechError), answer
    return str(answer)


def same(one: Speech, other: Speech) -> bool:
    return np.array_equal(one.samples, other.samples)


@contextmanager
def counted(engine: XttsEngine, part: str) -> Iterator[list[int]]:
    """Yield the lengths of what goes through one of the model's own parts, call by call."""
    module = engine.model._model.get_submodule(part)
    calls: list[int] = []
    hook = module.register_forward_hook(lambda *hooked: calls.append(hooked[2].shape[-1]))
    try:
        yield calls
    finally:
        hook.remove()
