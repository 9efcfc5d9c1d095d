"""What an engine returned, held against what it was asked: a failure is spoken once more, then given up.

Engines fail without saying so: they are silent, go on and on, leave words out, or clip. The bounds are far from what
healthy engines do, so a fault is a failure and no matter of taste.
"""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from askqa_builder.errors import SpeechError
from askqa_builder.seeds import derive_seed
from askqa_builder.speech.engine import Engine, Speech, Utterance
from askqa_builder.speech.plausible import letters_in, plausible_seconds
from askqa_builder.speech.prosody import native_part, speak_native

MOST_CLIPPED = 0.001
"""Share of samples at full scale that a voice may have; a clipping one has several per cent."""

_FULL_SCALE = 0.9999
_INAUDIBLE_PEAK = 1e-4
"""As in `f0`: −80 dBFS, below the last bit of what is written after levelling by any sensible gain."""


def speak_gated(engine: Engine, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
    """Speak a batch; what has a fault is spoken once more from a derived seed, all such in one batch.

    Item i answers utterance i; where the second try has a fault too, a SpeechError says what was measured both times.
    """
    answers = speak_native(engine, batch)
    rates = [native_part(one, engine.voices[one.voice].controls).rate for one in batch]
    faults = {
        place: found
        for place, (answer, one, rate) in enumerate(zip(answers, batch, rates, strict=True))
        if isinstance(answer, Speech) and (found := fault(answer, one.text, rate)) is not None
    }
    if not faults:
        return answers
    again = [replace(batch[place], seed=derive_seed(batch[place].seed, "again")) for place in faults]
    for place, answer in zip(faults, speak_native(engine, again), strict=True):
        found = fault(answer, batch[place].text, rates[place]) if isinstance(answer, Speech) else str(answer)
        if found is not None:
            text = reprlib.repr(batch[place].text)
            answers[place] = SpeechError(f"{text}: {faults[place]}, and once more {found}")
        else:
            answers[place] = answer
    return answers


def fault(speech: Speech, text: str, rate: float) -> str | None:
    """Say what is wrong with the speech of a text, None if nothing is. rate: at which it was asked of the engine."""
    loudness = np.abs(speech.samples)
    if loudness.max() < _INAUDIBLE_PEAK:
        return "silence"
    clipped = np.count_nonzero(loudness >= _FULL_SCALE) / len(loudness)
    if clipped > MOST_CLIPPED:
        return f"{clipped:.1%} of the samples are clipped"
    shortest, longest = (seconds / rate for seconds in plausible_seconds(letters_in(text)))
    seconds = len(speech.samples) / speech.sample_rate
    if not shortest <= seconds <= longest:
        return f"it lasts {seconds:.1f} s, where {shortest:.1f} to {longest:.1f} s are plausible"
    return None
